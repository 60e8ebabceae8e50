using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class LogisticRegressionTests
{
    [Theory]
    [InlineData(0.01)]
    [InlineData(1)]
    [InlineData(100)]
    public void The_gradient_by_autograd_is_zero_at_the_solution(double c)
    {
        using var scope = NewDisposeScope();
        using var set = Samples.Clouds(5, 40, 7, spread: 0.9, seed: 1);
        using var fit = LogisticRegression.Fit(set.Features, set.Labels, 5, c);
        var weight = fit.Weight.clone().requires_grad_();
        var bias = fit.Bias.clone().requires_grad_();
        var logits = set.Features.to_type(ScalarType.Float64).matmul(weight) + bias;
        (nn.functional.cross_entropy(logits, set.Labels, reduction: nn.Reduction.Sum) + weight.pow(2).sum() / (2 * c)).backward();
        Assert.InRange(weight.grad!.abs().max().item<double>(), 0, 3e-4);
        Assert.InRange(bias.grad!.abs().max().item<double>(), 0, 3e-4);
    }

    [Fact]
    public void Two_points_have_the_solution_computed_by_hand()
    {
        // By symmetry w = ±a with 2 a = C * 2 * 2 / (1 + exp(2 a))... for x = ±1 and two classes: a = C * 2 * sigmoid(-2 a).
        using var fit = LogisticRegression.Fit(tensor(new float[] { 1, -1 }).reshape(2, 1), tensor(new long[] { 0, 1 }), 2, 1);
        var a = fit.Weight[0, 0].item<double>();
        Assert.Equal(2 / (1 + Math.Exp(2 * a)), a, 5);
        Assert.Equal(-a, fit.Weight[0, 1].item<double>(), 6);
        Assert.Equal(0, (fit.Bias[0] - fit.Bias[1]).item<double>(), 6);
    }

    [Fact]
    public void A_start_at_a_neighbours_solution_reaches_the_same_one()
    {
        using var scope = NewDisposeScope();
        using var set = Samples.Clouds(4, 30, 6, spread: 0.9, seed: 2);
        using var cold = LogisticRegression.Fit(set.Features, set.Labels, 4, 1);
        using var strong = LogisticRegression.Fit(set.Features, set.Labels, 4, 0.01);
        using var warm = LogisticRegression.Fit(set.Features, set.Labels, 4, 1, strong);
        Assert.InRange((cold.Probabilities(set.Features) - warm.Probabilities(set.Features)).abs().max().item<double>(), 0, 1e-4);
    }

    [Fact]
    public void The_sweep_chooses_on_held_out_images_and_fits_all_of_train()
    {
        using var train = Samples.Clouds(4, 40, 8, spread: 0.7, seed: 1);
        using var test = Samples.Clouds(4, 40, 8, spread: 0.7, seed: 2);
        var observer = new RecordingObserver();
        var result = LogisticRegression.Sweep(train, test, new LogisticRegressionOptions { Grid = [10, 1e-5, 0.1] }, ComputeDevice.Cpu, observer);
        Assert.Equal([1e-5, 0.1, 10], result.Scores.Select(score => score.InverseRegularization));
        Assert.Equal(result.Scores.MaxBy(score => score.HeldOutAccuracy)!.InverseRegularization, result.InverseRegularization);
        Assert.Equal(result.Scores.Select(score => score.HeldOutAccuracy), observer.Metrics.Select(point => point.Value));
        using var all = LogisticRegression.Fit(train.Features, train.Labels, 4, result.InverseRegularization);
        using var logits = all.Logits(test.Features);
        Assert.Equal(ClassificationMetrics.From(logits, test.Labels, test.ClassNames).Top1, result.Test.Top1, 9);
    }

    [Fact]
    public void Lbfgs_finds_the_bottom_of_a_curved_valley()
    {
        using var scope = NewDisposeScope();
        static (double, Tensor) Rosenbrock(Tensor point)
        {
            var (x, y) = (point[0].item<double>(), point[1].item<double>());
            var gradient = new[] { -2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x) };
            return ((1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x), tensor(gradient));
        }

        var bottom = Lbfgs.Minimize(Rosenbrock, tensor(new[] { -1.2, 1.0 }), 200, 1e-9, CancellationToken.None);
        Assert.Equal(1, bottom[0].item<double>(), 6);
        Assert.Equal(1, bottom[1].item<double>(), 6);
    }
}
