using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace StableRep.Data.Artifacts;

/// <summary>Artifacts in a folder of the machine, or of a file system that nodes share.</summary>
public sealed class FolderArtifactStore : IArtifactStore
{
    private const string Incoming = ".incoming";
    private readonly string _root;

    /// <summary>Uses a folder, which is created when missing.</summary>
    public FolderArtifactStore(string root)
    {
        _root = Path.GetFullPath(root);
        Directory.CreateDirectory(Path.Combine(_root, Incoming));
    }

    /// <inheritdoc/>
    public Task PutAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        var target = PathOf(key);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);

        // The source may lie on another file system, where a rename is a copy that can break in its middle.
        var temporary = Path.Combine(_root, Incoming, Guid.NewGuid().ToString("N"));
        File.Move(path, temporary);
        try
        {
            using (var handle = File.OpenHandle(temporary, FileMode.Open, FileAccess.ReadWrite))
            {
                RandomAccess.FlushToDisk(handle);
            }

            cancellationToken.ThrowIfCancellationRequested();
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string key, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(PathOf(key), options: FileOptions.Asynchronous);
        }
        catch (DirectoryNotFoundException exception)
        {
            throw new FileNotFoundException($"There is no artifact '{key}'.", key, exception);
        }

        var whole = RandomAccess.GetLength(handle);
        var count = length ?? whole - offset;
        if (offset < 0 || count < 0 || offset > whole - count)
        {
            handle.Dispose();
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"'{key}' has {whole} bytes: {count} from {offset} are not inside it.");
        }

        return Task.FromResult<Stream>(new RangeStream(handle, offset, count));
    }

    /// <inheritdoc/>
    public Task<string> LocalPathAsync(string key, CancellationToken cancellationToken = default) => File.Exists(PathOf(key))
        ? Task.FromResult(PathOf(key))
        : throw new FileNotFoundException($"There is no artifact '{key}'.", key);

    /// <inheritdoc/>
    public IDisposable Hold(string prefix) => Nothing.ToHold;

    /// <inheritdoc/>
    public Task<long?> LengthAsync(string key, CancellationToken cancellationToken = default)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult<long?>(file.Exists ? file.Length : null);
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        if (File.Exists(PathOf(key)))
        {
            File.Delete(PathOf(key));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(string Key, long Length)> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        var files = new DirectoryInfo(_root).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => (Key: Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/'), file.Length))
            .Where(file => !file.Key.StartsWith(Incoming, StringComparison.Ordinal) && file.Key.StartsWith(prefix, StringComparison.Ordinal))
            .OrderBy(file => file.Key, StringComparer.Ordinal);
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return file;
        }
    }

    private string PathOf(string key) => Path.Combine(_root, ArtifactKey.Check(key));

    private sealed class Nothing : IDisposable
    {
        public static readonly Nothing ToHold = new();

        public void Dispose()
        {
        }
    }
}
