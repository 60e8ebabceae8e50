using System.Runtime.InteropServices;
using TorchSharp;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Makes TorchSharp's bridge library loadable where the system's libstdc++ is older than GCC 13's (Debian 12, Ubuntu 22.04, RHEL 9).
/// </summary>
/// <remarks>
/// <c>libLibTorchSharp.so</c> requires the version GLIBCXX_3.4.32 only for <c>_ZSt21ios_base_library_initv</c>, a symbol that nothing
/// calls: g++ 13's iostream header references it to force a new libstdc++. With that one requirement marked weak the loader accepts the
/// library. The change is made in the copy that lies in the output folder, by a rename, so that the package cache, whose file may be the
/// same inode, is never written and two processes may do it at once.
/// </remarks>
internal static class LibTorchSharpPatch
{
    private const string FileName = "libLibTorchSharp.so";
    private const string Version = "GLIBCXX_3.4.32";

    /// <summary>The path of a loadable bridge library, or null where the platform needs none or the file is missing.</summary>
    /// <exception cref="TorchUnavailableException">The library needs the change and neither its folder nor the temporary folder is writable.</exception>
    public static string? Apply()
    {
        if (!OperatingSystem.IsLinux() || NativeFolder() is not { } folder)
        {
            return null;
        }

        var path = Path.Combine(folder, FileName);
        if (SystemHasVersion())
        {
            return path;
        }

        var image = File.ReadAllBytes(path);
        if (!ElfVersionNeeds.MarkWeak(image, Version))
        {
            return path;
        }

        return TryReplace(path, image) ?? TryReplace(Path.Combine(Path.GetTempPath(), $"stablerep-{Environment.UserName}", FileName), image)
            ?? throw new TorchUnavailableException(
                $"{path} needs one change to load with this system's libstdc++ (it lacks {Version}), and neither its folder nor " +
                $"{Path.GetTempPath()} is writable. Start once as a user who may write there, or install libstdc++ of GCC 13 or later.");
    }

    /// <summary>The folder that holds the native libraries: beside the assembly (published) or under <c>runtimes/</c> (built).</summary>
    public static string? NativeFolder()
    {
        var root = Path.GetDirectoryName(typeof(torch).Assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;
        string[] candidates = [root, Path.Combine(root, "runtimes", "linux-x64", "native")];
        return candidates.FirstOrDefault(candidate => File.Exists(Path.Combine(candidate, FileName)));
    }

    private static bool SystemHasVersion()
    {
        if (!NativeLibrary.TryLoad("libstdc++.so.6", out _))
        {
            return false;
        }

        var path = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so.6", StringComparison.Ordinal));
        return path is not null && File.ReadAllBytes(path).AsSpan().IndexOf("GLIBCXX_3.4.32\0"u8) >= 0;
    }

    private static string? TryReplace(string path, byte[] image)
    {
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(temporary, image);
            File.Move(temporary, path, overwrite: true);
            return path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
