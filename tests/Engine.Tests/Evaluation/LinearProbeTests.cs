using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class LinearProbeTests
{
    private static readonly LinearProbeOptions Short = new() { Epochs = 12, BatchSize = 32 };

    [Fact]
    public void Separable_features_are_classified_without_a_mistake()
    {
        using var train = Samples.Clouds(4, 40, 8, spread: 0.1, seed: 1, distance: 3);
        using var test = Samples.Clouds(4, 20, 8, spread: 0.1, seed: 2, distance: 3);
        var result = LinearProbe.Run(train, test, Short, ComputeDevice.Cpu);
        Assert.Equal(1, result.Test.Top1);
        Assert.Equal((144, 16, 80), (result.TrainCount, result.HeldOutCount, result.Test.Count));
    }

    [Fact]
    public void The_choice_of_the_classifier_does_not_depend_on_the_test_split()
    {
        using var train = Samples.Clouds(4, 40, 8, spread: 0.6, seed: 1);
        using var test = Samples.Clouds(4, 20, 8, spread: 0.6, seed: 2);
        using var reversed = new FeatureSet(test.Features.neg(), 3 - test.Labels, test.ClassNames);
        var (one, other) = (new RecordingObserver(), new RecordingObserver());
        var first = LinearProbe.Run(train, test, Short, ComputeDevice.Cpu, one);
        var second = LinearProbe.Run(train, reversed, Short, ComputeDevice.Cpu, other);
        Assert.Equal(first.Chosen, second.Chosen);
        Assert.Equal(one.Metrics, other.Metrics);
        Assert.NotEqual(first.Test.Top1, second.Test.Top1);
    }

    [Fact]
    public void The_reported_classifier_is_the_one_its_rule_names()
    {
        using var train = Samples.Clouds(5, 30, 8, spread: 0.8, seed: 3);
        using var test = Samples.Clouds(5, 30, 8, spread: 0.8, seed: 4);
        var result = LinearProbe.Run(train, test, Short, ComputeDevice.Cpu);
        var best = result.Classifiers.Max(score => score.HeldOutAccuracy);
        Assert.Equal(best, result.HeldOutAccuracy);
        Assert.Equal(result.Classifiers.Where(score => score.HeldOutAccuracy == best).MinBy(score => score.HeldOutLoss)!.Classifier, result.Chosen);
        Assert.Contains("20 linear classifiers", result.Rule, StringComparison.Ordinal);
        Assert.Contains("15 images held out of the train split", result.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_classifier_has_one_curve_with_a_point_an_epoch()
    {
        using var train = Samples.Clouds(3, 20, 6, spread: 0.5, seed: 1);
        var observer = new RecordingObserver();
        LinearProbe.Run(train, train, Short with { Epochs = 5, BatchSize = 18 }, ComputeDevice.Cpu, observer);
        var curves = observer.Metrics.GroupBy(point => point.Series).ToArray();
        Assert.Equal(20, curves.Length);
        Assert.All(curves, curve => Assert.Equal([3, 6, 9, 12, 15], curve.Select(point => point.Step)));
        Assert.Contains(curves, curve => curve.Key == "probe/linear/held-out-accuracy/bn-lr-0.05");
        Assert.Equal(15, observer.Stages[^1].Done);
    }

    [Fact]
    public void The_same_seed_gives_the_same_curves_and_another_seed_gives_others()
    {
        using var train = Samples.Clouds(4, 30, 8, spread: 0.8, seed: 5);
        IReadOnlyList<(string, long, double)> Curves(int seed)
        {
            var observer = new RecordingObserver();
            LinearProbe.Run(train, train, Short with { Seed = seed }, ComputeDevice.Cpu, observer);
            return observer.Metrics;
        }

        Assert.Equal(Curves(1), Curves(1));
        Assert.NotEqual(Curves(1), Curves(2));
    }

    [Fact]
    public void A_validation_split_is_chosen_on_instead_of_a_part_of_train()
    {
        using var train = Samples.Clouds(3, 20, 6, spread: 0.4, seed: 1);
        using var validation = Samples.Clouds(3, 7, 6, spread: 0.4, seed: 2);
        using var test = Samples.Clouds(3, 20, 6, spread: 0.4, seed: 3);
        var result = LinearProbe.Run(train, test, Short, ComputeDevice.Cpu, validation: validation);
        Assert.Equal((60, 21), (result.TrainCount, result.HeldOutCount));
        Assert.Contains("21 images of the validation split", result.Rule, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Classifiers_trained_at_once_equal_one_layer_trained_by_autograd(bool batchNorm, bool decay)
    {
        using var scope = NewDisposeScope();
        var options = new LinearProbeOptions
        {
            LearningRates = [0.1, 2],
            Normalization = ProbeNormalization.Both,
            WeightDecay = decay ? 0.05 : 0,
        };
        const int batch = 16;
        using var set = Samples.Clouds(4, 12, 6, spread: 0.7, seed: 3);
        using var classifiers = new ParallelLinearClassifiers(6, 4, batch, options, CPU);
        var classifier = batchNorm ? 3 : 1;
        using var norm = nn.BatchNorm1d(6, eps: 1e-6, affine: false);
        using var layer = nn.Linear(6, 4);
        using (no_grad())
        {
            // Without batch norm, the logits of the unit vectors are the weights.
            layer.weight.copy_(classifiers.Scores(1, eye(6)).t());
            layer.bias!.zero_();
        }

        using var optimizer = optim.SGD(layer.parameters(), 2.0 * batch / 256, momentum: 0.9, weight_decay: options.WeightDecay);
        using var batches = new CachedProbeBatches(set, batch, seed: 0, CPU);
        var step = 0;
        for (var epoch = 0; epoch < 3; epoch++)
        {
            foreach (var (features, labels) in batches.Epoch(epoch, CancellationToken.None))
            {
                var factor = LinearProbe.RateFactor(step++, 0, 9);
                optimizer.ParamGroups.First().LearningRate = 2.0 * batch / 256 * factor;
                optimizer.zero_grad();
                nn.functional.cross_entropy(layer.forward(batchNorm ? norm.forward(features) : features), labels).backward();
                optimizer.step();
                classifiers.Step(features, labels, factor);
            }
        }

        norm.eval();
        using var noGradient = no_grad();
        var expected = layer.forward(batchNorm ? norm.forward(set.Features) : set.Features);
        var difference = (classifiers.Scores(classifier, set.Features) - expected).abs().max().item<float>();
        Assert.True(difference < 2e-5, $"largest difference of logits {difference:E2}");
        var (accuracy, loss) = classifiers.Evaluate(set.Features, set.Labels)[classifier];
        Assert.Equal(nn.functional.cross_entropy(expected, set.Labels).item<float>(), loss, 1e-5);
        Assert.Equal(expected.argmax(1).eq(set.Labels).to_type(ScalarType.Float64).mean().item<double>(), accuracy, 9);
    }

    [Fact]
    public void Lars_takes_a_step_of_the_trusted_length()
    {
        using var scope = NewDisposeScope();
        var options = new LinearProbeOptions { LearningRates = [256], Normalization = ProbeNormalization.None, Lars = true };
        using var set = Samples.Clouds(3, 8, 5, spread: 0.5, seed: 3);
        using var classifiers = new ParallelLinearClassifiers(5, 3, batchSize: 1, options, CPU);
        Tensor Weight() => classifiers.Scores(0, eye(5)) - classifiers.Scores(0, zeros(1, 5));
        var before = Weight();
        classifiers.Step(set.Features, set.Labels, factor: 1);
        var moved = (Weight() - before).norm().item<float>();
        Assert.Equal(0.001f * before.norm().item<float>(), moved, 1e-6f);
    }

    [Fact]
    public void The_rate_warms_up_linearly_and_falls_along_a_half_cosine()
    {
        Assert.Equal([0, 0.5, 1], new[] { 0, 1, 2 }.Select(step => LinearProbe.RateFactor(step, 2, 10)));
        Assert.Equal(0.5, LinearProbe.RateFactor(6, 2, 10), 12);
        Assert.Equal(0, LinearProbe.RateFactor(10, 2, 10), 12);
    }

    [Fact]
    public void A_grid_with_the_same_rate_twice_is_refused()
    {
        using var train = Samples.Clouds(2, 5, 3, spread: 0.5, seed: 1);
        var error = Assert.Throws<ArgumentException>(() => LinearProbe.Run(train, train, Short with { LearningRates = [0.1, 0.1] }, ComputeDevice.Cpu));
        Assert.Contains("distinct positive learning rates", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancellation_stops_between_two_steps()
    {
        using var train = Samples.Clouds(2, 5, 3, spread: 0.5, seed: 1);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => LinearProbe.Run(train, train, Short, ComputeDevice.Cpu, cancellation: source.Token));
    }
}
