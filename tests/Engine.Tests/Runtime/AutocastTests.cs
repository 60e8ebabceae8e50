using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Runtime;

public sealed class AutocastTests
{
    [Fact]
    public void A_scope_computes_products_in_half_precision_and_keeps_weights_and_gradients_in_fp32()
    {
        using var scope = NewDisposeScope();
        var layer = nn.Linear(8, 4);
        var input = randn(3, 8);
        Tensor output;
        using (Autocast.On(DeviceType.CPU, ScalarType.BFloat16))
        {
            output = layer.forward(input);
            using (Autocast.Off(DeviceType.CPU))
            {
                Assert.Equal(ScalarType.Float32, layer.forward(input).dtype);
            }

            Assert.Equal(ScalarType.BFloat16, layer.forward(input).dtype);
        }

        Assert.Equal(ScalarType.BFloat16, output.dtype);
        Assert.Equal(ScalarType.Float32, layer.forward(input).dtype);
        Assert.Null(Autocast.Off(DeviceType.CPU));
        output.to(ScalarType.Float32).square().sum().backward();
        Assert.Equal(ScalarType.Float32, layer.weight!.grad!.dtype);
    }

    [Fact]
    public void A_scope_ends_on_its_own_thread_alone()
    {
        using var scope = NewDisposeScope();
        using var autocast = Autocast.On(DeviceType.CPU, ScalarType.BFloat16);
        ScalarType? elsewhere = null;
        var thread = new Thread(() =>
        {
            using var inner = NewDisposeScope();
            elsewhere = ones(2, 2).matmul(ones(2, 2)).dtype;
        });
        thread.Start();
        thread.Join();
        Assert.Equal(ScalarType.Float32, elsewhere);
        Assert.Equal(ScalarType.BFloat16, ones(2, 2).matmul(ones(2, 2)).dtype);
    }

    [Fact]
    public void New_weights_are_used_by_the_next_scope()
    {
        using var scope = NewDisposeScope();
        var layer = nn.Linear(1, 1, hasBias: false);
        foreach (var value in new[] { 2f, 3f })
        {
            using (no_grad())
            {
                layer.weight!.fill_(value);
            }

            using (Autocast.On(DeviceType.CPU, ScalarType.BFloat16))
            {
                Assert.Equal(value, layer.forward(ones(1, 1)).to(ScalarType.Float32).item<float>());
            }
        }
    }

    [Fact]
    public void Fp32_has_nothing_to_enter() => Assert.Null(Autocast.Enter(ComputeDevice.Cpu));

    [Fact]
    public void Losses_compute_in_fp32_within_a_scope()
    {
        using var scope = NewDisposeScope();
        var (features, sets) = (randn(6, 8, generator: new Generator(1)), arange(3).repeat(2));
        var exact = ContrastiveLosses.MultiPositive(features, sets, 0.1).Loss.item<float>();
        using var autocast = Autocast.On(DeviceType.CPU, ScalarType.BFloat16);
        Assert.Equal(exact, ContrastiveLosses.MultiPositive(features, sets, 0.1).Loss.item<float>());
    }
}
