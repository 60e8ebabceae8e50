using System.Runtime.InteropServices;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Files that appear whole or not at all, whatever is killed and whenever: written under a temporary name in the same folder, flushed to
/// the disk, renamed, and the folder flushed, so that the new name survives a power cut too.
/// </summary>
internal static partial class DurableFile
{
    /// <summary>Writes <paramref name="path"/> through a stream; a failing <paramref name="write"/> leaves the old file as it was.</summary>
    public static void Write(string path, Action<FileStream> write)
    {
        var temporary = TemporaryName(path);
        try
        {
            using (var stream = Create(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Publish(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>A name beside <paramref name="path"/> that no other writer uses.</summary>
    public static string TemporaryName(string path) => $"{Path.GetFullPath(path)}.{Environment.ProcessId}-{Guid.NewGuid():N}.tmp";

    /// <summary>Creates a temporary file for writing; the folder is made where it is missing.</summary>
    public static FileStream Create(string temporary)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(temporary)!);
        return new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1 << 16);
    }

    /// <summary>Renames a flushed and closed temporary file to its final name, replacing what was there.</summary>
    public static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Flushes a folder's entries to the disk. Does nothing on Windows, whose file systems journal renames.</summary>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int ReadOnly = 0;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
        {
            throw new IOException($"The folder {folder} cannot be opened to flush it: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        try
        {
            // Some network file systems refuse to flush a folder (EINVAL): they have nothing to flush.
            const int InvalidArgument = 22;
            if (Fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != InvalidArgument)
            {
                throw new IOException($"The folder {folder} cannot be flushed: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
