using System.Runtime.InteropServices;
using TorchSharp;

namespace StableRep.Engine.Runtime;

/// <summary>What a run computes with: where another machine gives other numbers, this says in what they differ.</summary>
/// <param name="Device">The device, such as <c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="DeviceName">The device's make; null where the machine does not tell, or has several of different makes.</param>
/// <param name="Precision">The precision of autocast regions.</param>
/// <param name="Processors">The processors that the process may use.</param>
/// <param name="Threads">The threads of one operation on the CPU.</param>
/// <param name="Libtorch">The version of libtorch, and what of it is not used (<see cref="TorchRuntime.Version"/>).</param>
/// <param name="Dotnet">The version of .NET.</param>
/// <param name="System">The operating system.</param>
/// <param name="Architecture">The processor architecture.</param>
public sealed record MachineFacts(
    string Device, string? DeviceName, string Precision, int Processors, int Threads, string Libtorch, string Dotnet, string System, string Architecture)
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string GpuFolder = "/proc/driver/nvidia/gpus";

    /// <summary>The facts of a device on this machine. Loads libtorch.</summary>
    public static MachineFacts Of(ComputeDevice device)
    {
        TorchRuntime.Load();
        return new MachineFacts(
            device.IsCuda ? $"cuda:{device.Index}" : "cpu",
            device.IsCuda ? GpuName() : ProcessorName(),
            device.Precision.ToString().ToLowerInvariant(),
            Environment.ProcessorCount,
            torch.get_num_threads(),
            TorchRuntime.Version,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
    }

    private static string? ProcessorName() => File.Exists(ProcessorFile) ? Fact(ProcessorFile, "model name") : null;

    // CUDA numbers devices in an order of its own: only where all are of one make is the name certain.
    private static string? GpuName()
    {
        if (!Directory.Exists(GpuFolder))
        {
            return null;
        }

        var names = Directory.EnumerateFiles(GpuFolder, "information", SearchOption.AllDirectories).Select(file => Fact(file, "Model")).Distinct().ToList();
        return names is [var name] ? name : null;
    }

    private static string? Fact(string file, string name)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains(':', StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
