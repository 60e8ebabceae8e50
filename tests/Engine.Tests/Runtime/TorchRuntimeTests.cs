using StableRep.Engine.Runtime;
using TorchSharp;

namespace StableRep.Engine.Tests.Runtime;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Load_on_this_system_gives_a_working_libtorch()
    {
        TorchRuntime.Load(threads: 2);
        using var product = torch.ones(3, 4).matmul(torch.ones(4, 2));
        Assert.Equal(4f, product[2, 1].item<float>());
        Assert.Equal(2, torch.get_num_threads());
    }

    [Fact]
    public void Load_with_no_threads_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.Load(threads: 0));

    [Theory]
    [InlineData("cpu")]
    [InlineData(" CPU ")]
    public void Parse_cpu_gives_fp32(string text)
    {
        var device = ComputeDevice.Parse(text);
        Assert.Equal(DeviceType.CPU, device.Type);
        Assert.Equal(Precision.Fp32, device.Precision);
    }

    [Theory]
    [InlineData("gpu", "auto", "'gpu' is not a device")]
    [InlineData("cuda:x", "auto", "'cuda:x' is not a device")]
    [InlineData("cuda:-1", "auto", "'cuda:-1' is not a device")]
    [InlineData("cpu", "fp8", "'fp8' is not a precision")]
    public void Parse_of_an_unknown_name_says_what_to_write(string device, string precision, string message) =>
        Assert.StartsWith(message, Assert.Throws<FormatException>(() => ComputeDevice.Parse(device, precision)).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_of_half_precision_on_the_cpu_is_refused() =>
        Assert.Throws<NotSupportedException>(() => ComputeDevice.Parse("cpu", "bf16"));
}
