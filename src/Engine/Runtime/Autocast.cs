using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Mixed precision on the current thread: within the scope libtorch computes matrix products, convolutions and attention in half precision
/// and everything delicate in fp32; parameters and their gradients stay fp32. Backward passes belong outside of it.
/// </summary>
/// <remarks>TorchSharp has no autocast, but libtorch itself does: these are its own switches, called by their C++ names.</remarks>
public sealed partial class Autocast : IDisposable
{
    private readonly sbyte _device;
    private readonly bool _enabledBefore;
    private readonly sbyte _typeBefore;
    private bool _left;

    private Autocast(DeviceType device, ScalarType? type)
    {
        _device = (sbyte)device;
        _enabledBefore = IsEnabled(_device) != 0;
        _typeBefore = GetType(_device);
        SetEnabled(_device, type is null ? (byte)0 : (byte)1);
        SetType(_device, type is { } half ? (sbyte)half : _typeBefore);
        _ = IncrementNesting();
    }

    // The C++ names are those of the Itanium ABI, which Windows does not use.
    private static bool IsThere => !OperatingSystem.IsWindows();

    /// <summary>Enters the precision of a device, until the result is disposed on the same thread.</summary>
    /// <returns>The scope, or null where the precision is fp32 and there is nothing to switch.</returns>
    /// <exception cref="PlatformNotSupportedException">The precision is not fp32 and this is Windows.</exception>
    public static Autocast? Enter(ComputeDevice device) => device.Precision switch
    {
        Precision.Fp32 => null,
        Precision.Bf16 => On(device.Type, ScalarType.BFloat16),
        _ => On(device.Type, ScalarType.Float16),
    };

    /// <summary>Enters one half precision on a kind of device.</summary>
    internal static Autocast On(DeviceType device, ScalarType type)
    {
        TorchRuntime.Load();
        return IsThere
            ? new Autocast(device, type)
            : throw new PlatformNotSupportedException("Mixed precision works on Linux and macOS only: choose the precision fp32.");
    }

    /// <summary>Computes in fp32 within an outer scope; null where there is none.</summary>
    internal static Autocast? Off(DeviceType device) => IsThere && IsEnabled((sbyte)device) != 0 ? new Autocast(device, null) : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_left)
        {
            return;
        }

        _left = true;
        // Half copies of the weights are kept from use to use; the next step's weights are others.
        if (DecrementNesting() == 0)
        {
            ClearCache();
        }

        SetEnabled(_device, _enabledBefore ? (byte)1 : (byte)0);
        SetType(_device, _typeBefore);
    }

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast19is_autocast_enabledEN3c1010DeviceTypeE")]
    private static partial byte IsEnabled(sbyte device);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb")]
    private static partial void SetEnabled(sbyte device, byte enabled);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast18get_autocast_dtypeEN3c1010DeviceTypeE")]
    private static partial sbyte GetType(sbyte device);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE")]
    private static partial void SetType(sbyte device, sbyte type);

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast17increment_nestingEv")]
    private static partial int IncrementNesting();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast17decrement_nestingEv")]
    private static partial int DecrementNesting();

    [LibraryImport("torch_cpu", EntryPoint = "_ZN2at8autocast11clear_cacheEv")]
    private static partial void ClearCache();
}
