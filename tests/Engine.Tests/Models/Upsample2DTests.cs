using StableRep.Engine.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Models;

public sealed class Upsample2DTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 5)]
    [InlineData(20, 30)]
    public void Doubling_by_phases_equals_enlarging_and_then_convolving(int height, int width)
    {
        using var layer = new Upsample2D(6, device: null);
        using var inference = inference_mode();
        var x = randn([2, 6, height, width], generator: new Generator(3));
        using var folded = layer.FoldWeights();
        var phases = layer.Forward(x, 2 * height, 2 * width, folded);
        Assert.Equal([2, 6, 2 * height, 2 * width], phases.shape);
        AssertClose(Reference(layer, x, 2 * height, 2 * width), phases);
        AssertClose(phases, layer.call(x, 2 * height, 2 * width));
    }

    [Fact]
    public void A_size_that_is_not_the_double_is_enlarged_by_its_nearest_pixels()
    {
        using var layer = new Upsample2D(6, device: null);
        using var inference = inference_mode();
        var x = randn([1, 6, 4, 5], generator: new Generator(3));
        using var folded = layer.FoldWeights();
        AssertClose(Reference(layer, x, 7, 10), layer.Forward(x, 7, 10, folded));
    }

    [Fact]
    public void Gradients_by_phases_equal_those_of_enlarging_and_convolving()
    {
        using var layer = new Upsample2D(6, device: null);
        var x = randn([2, 6, 20, 20], generator: new Generator(3)).requires_grad_(true);
        var weights = layer.parameters().ToArray();
        Tensor[] ours = Gradients(layer.call(x, 40, 40)), theirs = Gradients(Reference(layer, x, 40, 40));
        for (var i = 0; i < ours.Length; i++)
        {
            AssertClose(theirs[i], ours[i]);
        }

        Tensor[] Gradients(Tensor y)
        {
            y.square().sum().backward();
            Tensor[] gradients = [.. weights.Append(x).Select(tensor => tensor.grad!.clone())];
            foreach (var tensor in weights.Append(x))
            {
                tensor.grad!.zero_();
            }

            return gradients;
        }
    }

    private static Tensor Reference(Upsample2D layer, Tensor x, long height, long width)
    {
        var conv = layer.modules().OfType<Conv2d>().Single();
        return conv.call(nn.functional.interpolate(x, size: [height, width], mode: InterpolationMode.Nearest));
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        var error = ((actual - expected).norm() / expected.norm()).item<float>();
        Assert.True(error < 2e-6, $"relative error {error}");
    }
}
