using StableRep.Engine.Training;
using static TorchSharp.torch;
using Sequential = TorchSharp.Modules.Sequential;

namespace StableRep.Engine.Tests.Training;

public sealed class MuonTests
{
    [Theory]
    [InlineData(6, 40)]
    [InlineData(40, 6)]
    public void A_step_moves_all_directions_about_as_far_as_AdamW_would(int outputs, int inputs)
    {
        using var scope = NewDisposeScope();
        var layer = nn.Linear(inputs, outputs, hasBias: false);
        using var parameters = new FlatParameters(layer);
        using var muon = new Muon(parameters, parameters.Slices, weightDecay: 0);
        var before = layer.weight!.detach().clone();
        // One direction's gradient is a hundred times the others'.
        parameters.Gradients.copy_(randn(outputs * inputs, generator: new Generator(1)));
        parameters.Slices[0].Of(parameters.Gradients)[0].mul_(100);
        muon.Step(0.01);
        using var noGrad = no_grad();
        var moved = linalg.svdvals(layer.weight - before) / (0.01 * 0.2 * Math.Sqrt(40));
        Assert.InRange(moved.min().item<float>(), 0.6, 1.3);
        Assert.InRange(moved.max().item<float>(), 0.6, 1.3);
    }

    [Fact]
    public void Steps_equal_those_of_the_published_iteration_however_they_are_shared()
    {
        using var scope = NewDisposeScope();
        var (whole, shared, reference) = (Network(), Network(), Network());
        using var parameters = new FlatParameters(whole);
        using var others = new FlatParameters(shared);
        using var muon = new Muon(parameters, parameters.Slices.Where(Muon.Fits), weightDecay: 0.1);
        using var divided = new Muon(others, others.Slices.Where(Muon.Fits), weightDecay: 0.1, shares: 2);
        var means = new Dictionary<string, Tensor>();
        for (var step = 0; step < 5; step++)
        {
            parameters.Gradients.copy_(randn(parameters.Gradients.numel(), generator: new Generator((ulong)step)));
            others.Gradients.copy_(parameters.Gradients);
            var gradients = parameters.Split(parameters.Gradients);
            using (no_grad())
            {
                foreach (var (name, weight) in reference.named_parameters().Where(item => item.parameter.dim() > 1))
                {
                    var gradient = gradients[name].flatten(1).clone();
                    means[name] = means.TryGetValue(name, out var mean) ? (0.95 * mean) + gradient : gradient;
                    var update = NewtonSchulz(gradient + (0.95 * means[name]));
                    weight.mul_(1 - (0.01 * 0.1)).sub_((update * (0.01 * 0.2 * Math.Sqrt(update.shape.Max()))).view_as(weight));
                }
            }

            muon.Step(0.01);
            divided.Step(0.01, share: 1);
            divided.Step(0.01, share: 0);
        }

        foreach (var ((name, expected), (_, mine), (_, parts)) in reference.named_parameters().Zip(whole.named_parameters(), shared.named_parameters()))
        {
            Assert.True(mine.equal(parts).all().item<bool>(), $"{name} depends on the number of shares.");
            Assert.True(mine.allclose(expected, rtol: 1e-3, atol: 1e-5), $"{name}: off by {(mine - expected).abs().max().item<float>():E2}");
        }
    }

    [Fact]
    public void Embeddings_outer_convolutions_biases_and_norms_are_left_to_AdamW()
    {
        using var scope = NewDisposeScope();
        var network = nn.Sequential(
            ("conv_in", nn.Conv2d(3, 4, 3)), ("hidden", nn.Conv2d(4, 4, 3)), ("norm", nn.LayerNorm(4)), ("token_embedding", nn.Embedding(5, 4)), ("conv_out", nn.Conv2d(4, 3, 3)));
        using var parameters = new FlatParameters(network);
        Assert.Equal(["hidden.weight"], parameters.Slices.Where(Muon.Fits).Select(slice => slice.Name));

        using var optimizer = new Optimizer(parameters, new OptimizerOptions { Muon = true, WeightDecay = 0 });
        var before = network.named_parameters().ToDictionary(item => item.name, item => item.parameter.detach().clone());
        parameters.Gradients.copy_(randn(parameters.Gradients.numel(), generator: new Generator(1)));
        optimizer.Step(0.1);
        var moved = network.named_parameters().ToDictionary(item => item.name, item => (item.parameter - before[item.name]).abs());
        // AdamW's first step is the learning rate for every element.
        Assert.All(moved, item => Assert.Equal(item.Key != "hidden.weight", (item.Value - 0.1).abs().max().item<float>() < 1e-4));
        Assert.True(moved["hidden.weight"].min().item<float>() > 0);
    }

    private static Sequential Network()
    {
        random.manual_seed(3);
        return nn.Sequential(("first", nn.Conv2d(3, 8, 3)), ("second", nn.Conv2d(8, 8, 3)), ("wide", nn.Linear(6, 20)), ("tall", nn.Linear(20, 6)));
    }

    private static Tensor NewtonSchulz(Tensor matrix)
    {
        var x = matrix.shape[0] > matrix.shape[1] ? matrix.t() : matrix;
        x = x / x.norm();
        for (var iteration = 0; iteration < 5; iteration++)
        {
            var square = x.mm(x.t());
            x = (3.4445 * x) + ((-4.7750 * square) + (2.0315 * square.mm(square))).mm(x);
        }

        return matrix.shape[0] > matrix.shape[1] ? x.t() : x;
    }
}
