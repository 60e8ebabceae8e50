using StableRep.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class AdamWTests
{
    [Fact]
    public void Step_over_flat_parameters_equals_torchs_optimizer()
    {
        using var scope = NewDisposeScope();
        var (ours, theirs) = (Network(), Network());
        using var parameters = new FlatParameters(ours);
        using var adamW = new AdamW(parameters, new OptimizerOptions { Beta2 = 0.95, WeightDecay = 0.2 });
        var biases = theirs.named_parameters().Where(item => item.parameter.dim() < 2).Select(item => item.parameter);
        var weights = theirs.named_parameters().Where(item => item.parameter.dim() > 1).Select(item => item.parameter);
        var reference = optim.AdamW(
            [
                new TorchSharp.Modules.AdamW.ParamGroup(weights, new TorchSharp.Modules.AdamW.Options { weight_decay = 0.2 }),
                new TorchSharp.Modules.AdamW.ParamGroup(biases, new TorchSharp.Modules.AdamW.Options { weight_decay = 0 }),
            ],
            lr: 0.01, beta1: 0.9, beta2: 0.95);
        foreach (var group in reference.ParamGroups)
        {
            group.LearningRate = 0.01;
        }

        for (var step = 0; step < 12; step++)
        {
            var input = randn(8, 20, generator: new Generator((ulong)step));
            parameters.ZeroGradients();
            ours.forward(input).square().mean().backward();
            adamW.Step(0.01);
            reference.zero_grad();
            theirs.forward(input).square().mean().backward();
            reference.step();
        }

        foreach (var ((name, mine), (_, expected)) in ours.named_parameters().Zip(theirs.named_parameters()))
        {
            var error = ((mine - expected).norm() / expected.norm()).item<float>();
            Assert.True(error < 1e-5, $"{name}: relative difference {error:E2}");
        }
    }

    [Fact]
    public void Step_decays_matrices_and_spares_biases_and_norms()
    {
        using var scope = NewDisposeScope();
        var network = nn.Sequential(("linear", nn.Linear(3, 2)), ("norm", nn.LayerNorm(2)));
        using var parameters = new FlatParameters(network);
        using var adamW = new AdamW(parameters, new OptimizerOptions { WeightDecay = 0.5 });
        var before = network.named_parameters().ToDictionary(item => item.name, item => item.parameter.detach().clone());
        adamW.Step(0.1);
        Assert.Equal(["linear.weight"], parameters.Slices.Where(slice => slice.Decays).Select(slice => slice.Name));
        foreach (var (name, parameter) in network.named_parameters())
        {
            Assert.True(parameter.allclose(before[name] * (name == "linear.weight" ? 0.95 : 1)), name);
        }
    }

    [Fact]
    public void ClipGradients_scales_all_parameters_by_their_common_norm()
    {
        using var scope = NewDisposeScope();
        var (ours, theirs) = (Network(), Network());
        using var parameters = new FlatParameters(ours);
        var input = ones(4, 20);
        ours.forward(input).square().sum().backward();
        theirs.forward(input).square().sum().backward();
        var expected = nn.utils.clip_grad_norm_(theirs.parameters(), 0.5);
        Assert.Equal(expected, parameters.ClipGradients(0.5), 1e-4 * expected);
        foreach (var ((name, mine), (_, other)) in ours.named_parameters().Zip(theirs.named_parameters()))
        {
            Assert.True(mine.grad!.allclose(other.grad!, rtol: 1e-5, atol: 1e-8), name);
        }

        Assert.Equal(0.5, parameters.GradientNorm(), 1e-5);
        parameters.ZeroGradients();
        Assert.Equal(0, parameters.GradientNorm());
    }

    [Fact]
    public void Flat_parameters_leave_frozen_ones_alone_and_refuse_others_that_do_not_fit()
    {
        using var scope = NewDisposeScope();
        var network = nn.Linear(3, 2);
        network.bias!.requires_grad = false;
        using (var parameters = new FlatParameters(network))
        {
            Assert.Equal("weight", Assert.Single(parameters.Slices).Name);
        }

        var half = nn.Linear(3, 2).to(ScalarType.Float64);
        Assert.Contains("'weight' (Float64", Assert.Throws<ArgumentException>(() => new FlatParameters(half)).Message, StringComparison.Ordinal);
    }

    private static nn.Module<Tensor, Tensor> Network()
    {
        var network = nn.Sequential(("one", nn.Linear(20, 33)), ("act", nn.GELU()), ("norm", nn.LayerNorm(33)), ("two", nn.Linear(33, 5)));
        using var noGrad = no_grad();
        var generator = new Generator(7);
        foreach (var parameter in network.parameters())
        {
            parameter.copy_(randn(parameter.shape, generator: generator));
        }

        return network;
    }
}
