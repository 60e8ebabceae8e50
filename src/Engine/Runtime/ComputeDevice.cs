using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Runtime;

/// <summary>A device to compute on and the precision that suits it.</summary>
public sealed record ComputeDevice
{
    private ComputeDevice(DeviceType type, int index, Precision precision) => (Type, Index, Precision) = (type, index, precision);

    /// <summary>The CPU in fp32.</summary>
    public static ComputeDevice Cpu { get; } = new(DeviceType.CPU, -1, Precision.Fp32);

    /// <summary>CPU or CUDA.</summary>
    public DeviceType Type { get; }

    /// <summary>The CUDA device's number from 0, or -1 on the CPU.</summary>
    public int Index { get; }

    /// <summary>The precision of autocast regions on this device.</summary>
    public Precision Precision { get; }

    /// <summary>Whether this is a CUDA device.</summary>
    public bool IsCuda => Type == DeviceType.CUDA;

    /// <summary>TorchSharp's device. A new object each time, since TorchSharp's is mutable.</summary>
    public Device Torch => IsCuda ? new Device(DeviceType.CUDA, Index) : new Device(DeviceType.CPU);

    /// <summary>Parses <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c> or <c>auto</c> (CUDA where there is one, else the CPU). Loads libtorch.</summary>
    /// <param name="text">The device's name, in any case.</param>
    /// <param name="precision"><c>fp32</c>, <c>bf16</c>, <c>fp16</c> or <c>auto</c> (fp32 on the CPU, bf16 on CUDA).</param>
    /// <exception cref="FormatException">A name is none of these.</exception>
    /// <exception cref="NotSupportedException">The device is not on this machine, or the precision does not suit it.</exception>
    /// <exception cref="TorchUnavailableException">libtorch cannot be loaded.</exception>
    public static ComputeDevice Parse(string text, string precision = "auto")
    {
        TorchRuntime.Load();
        var name = text.Trim().ToLowerInvariant();
        var (type, index) = name switch
        {
            "auto" => TorchRuntime.HasCuda ? (DeviceType.CUDA, 0) : (DeviceType.CPU, -1),
            "cpu" => (DeviceType.CPU, -1),
            "cuda" => (DeviceType.CUDA, 0),
            _ when name.StartsWith("cuda:", StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var number) => (DeviceType.CUDA, number),
            _ => throw new FormatException($"'{text}' is not a device: write cpu, cuda, cuda:N (for example cuda:1) or auto."),
        };
        if (type == DeviceType.CUDA && (!TorchRuntime.HasCuda || index >= cuda.device_count()))
        {
            throw new NotSupportedException(
                $"There is no device '{name}' here: libtorch sees {(TorchRuntime.HasCuda ? cuda.device_count() : 0)} CUDA devices. " +
                "Choose cpu, or build with -p:TorchBackend=cuda on a machine with an NVIDIA driver.");
        }

        return new ComputeDevice(type, index, ParsePrecision(precision, type));
    }

    /// <summary>The same device in another precision, whether or not it is sensible there.</summary>
    internal ComputeDevice In(Precision precision) => new(Type, Index, precision);

    /// <inheritdoc/>
    public override string ToString() => IsCuda ? $"cuda:{Index} ({Precision})" : $"cpu ({Precision})";

    private static Precision ParsePrecision(string text, DeviceType type)
    {
        var precision = text.Trim().ToLowerInvariant() switch
        {
            "auto" => type == DeviceType.CUDA ? Precision.Bf16 : Precision.Fp32,
            "fp32" => Precision.Fp32,
            "bf16" => Precision.Bf16,
            "fp16" => Precision.Fp16,
            _ => throw new FormatException($"'{text}' is not a precision: write fp32, bf16, fp16 or auto."),
        };
        return type == DeviceType.CPU && precision != Precision.Fp32
            ? throw new NotSupportedException($"{precision} is emulated on a CPU and many times slower than fp32: choose fp32 or auto.")
            : precision;
    }
}
