using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;

namespace StableRep.Engine.Runtime;

/// <summary>Loads libtorch and says what it offers. Every entry point of the engine may assume that it is loaded.</summary>
public static class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static bool _loaded;

    /// <summary>Whether libtorch can use a CUDA device on this machine. Loads libtorch.</summary>
    /// <exception cref="TorchUnavailableException">libtorch cannot be loaded.</exception>
    public static bool HasCuda
    {
        get
        {
            Load();
            return torch.cuda.is_available();
        }
    }

    /// <summary>What whoever computes on this machine should know; null where all is as it should be, and before <see cref="Load"/>.</summary>
    public static string? Notice => OneDnn.IsLeft
        ? "oneDNN computes wrong convolutions on this CPU: libtorch's own are used there, which are right and take about 1.4 times as long."
        : null;

    /// <summary>libtorch's version, and what of it is not used here. Loads libtorch.</summary>
    public static string Version
    {
        get
        {
            Load();
            return OneDnn.IsLeft ? $"{torch.__version__} without oneDNN" : torch.__version__;
        }
    }

    /// <summary>Loads libtorch and its bridge. Idempotent and thread-safe; a second call costs nothing.</summary>
    /// <param name="threads">Threads of one operation on the CPU (at least 1); null leaves libtorch's choice, the number of cores.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is less than 1.</exception>
    /// <exception cref="TorchUnavailableException">A library is missing or does not load; the message names it and the remedy.</exception>
    public static void Load(int? threads = null)
    {
        if (threads is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "The number of threads must be at least 1.");
        }

        lock (Gate)
        {
            if (!_loaded)
            {
                LoadNative();
                _loaded = true;
            }
        }

        if (threads is { } count)
        {
            torch.set_num_threads(count);
        }
    }

#pragma warning disable CA2255 // TorchSharp loads its bridge at its first use, wherever that is: the file must be loadable before.
    [ModuleInitializer]
    internal static void Prepare()
    {
        OpenMpWaiting.Apply();
        try
        {
            LibTorchSharpPatch.Apply();
        }
        catch (Exception exception) when (exception is TorchUnavailableException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // Load reports the same problem with its remedy; a process that never uses torch must still start.
        }
    }
#pragma warning restore CA2255

    private static void LoadNative()
    {
        FreedMemory.Keep();
        try
        {
            if (LibTorchSharpPatch.Apply() is { } bridge)
            {
                var torchFolder = LibTorchSharpPatch.NativeFolder()!;
                LoadFile(Path.Combine(torchFolder, "libtorch_cpu.so"));
                LoadFile(bridge);
            }

            torch.InitializeDeviceType(DeviceType.CPU);
            OneDnn.LeaveWhereWrong();
        }
        catch (Exception exception) when (exception is not TorchUnavailableException and not OutOfMemoryException)
        {
            throw new TorchUnavailableException(
                $"libtorch does not load on this system ({RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}). " +
                "Build with the packages for it (-p:TorchBackend=cpu or cuda) and check that the output folder holds their native files.", exception);
        }
    }

    private static void LoadFile(string path)
    {
        if (!File.Exists(path))
        {
            throw new TorchUnavailableException(
                $"{path} is missing: the output folder has no libtorch. Restore and build again with -p:TorchBackend=cpu or -p:TorchBackend=cuda.");
        }

        try
        {
            NativeLibrary.Load(path);
        }
        catch (DllNotFoundException exception)
        {
            throw new TorchUnavailableException(
                $"{path} does not load: {exception.Message.ReplaceLineEndings(" ")} Install the library that the message names " +
                "(libtorch needs glibc 2.28 and libstdc++ of GCC 11 or later; on Debian: apt-get install libstdc++6).", exception);
        }
    }
}
