using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace StableRep.Data.Artifacts;

/// <summary>
/// Copies of remote artifacts in a folder, under their keys, which any number of processes of one machine share. When they take more room than
/// allowed, those go that were longest not asked for, but never those that are held or were asked for in the last minutes.
/// </summary>
/// <remarks>
/// <c>files/KEY</c> is a copy, <c>tags/KEY</c> says of which version. A copy is made under a lock of its key and renamed into place. A lock is a
/// file opened for one process alone, which the system frees when the process dies.
/// </remarks>
public sealed class ArtifactCache
{
    private const int Locks = 64;
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(50);

    private readonly string _root;
    private readonly long _limit;
    private readonly TimeProvider _clock;

    /// <summary>Uses a folder, which is created when missing.</summary>
    /// <param name="root">The folder, on a file system of this machine.</param>
    /// <param name="limit">The bytes that files may take.</param>
    /// <param name="clock">Tells when a file was last asked for.</param>
    public ArtifactCache(string root, long limit, TimeProvider clock)
    {
        (_root, _limit, _clock) = (Path.GetFullPath(root), limit, clock);
        foreach (var folder in (string[])["files", "tags", "locks", "holds", "incoming"])
        {
            Directory.CreateDirectory(Path.Combine(_root, folder));
        }
    }

    /// <summary>The copy of an artifact, made when there is none of this version.</summary>
    /// <param name="key">The artifact's key.</param>
    /// <param name="tag">Its version.</param>
    /// <param name="fetch">Writes it to a path.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<string> GetAsync(string key, string tag, Func<string, CancellationToken, Task> fetch, CancellationToken cancellationToken = default)
    {
        var path = PathOf("files", key);
        await using (await LockAsync(key, cancellationToken))
        {
            if (!IsFresh(key, tag))
            {
                var incoming = Path.Combine(_root, "incoming", Guid.NewGuid().ToString("N"));
                try
                {
                    await fetch(incoming, cancellationToken);
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    Directory.CreateDirectory(Path.GetDirectoryName(PathOf("tags", key))!);
                    File.Delete(PathOf("tags", key));
                    File.Move(incoming, path, overwrite: true);
                    await File.WriteAllTextAsync(PathOf("tags", key), tag, cancellationToken);
                }
                finally
                {
                    File.Delete(incoming);
                }
            }

            File.SetLastAccessTimeUtc(path, _clock.GetUtcNow().UtcDateTime);
        }

        MakeRoom();
        return path;
    }

    /// <summary>Opens the copy of an artifact when there is one of this version.</summary>
    public SafeFileHandle? TryOpen(string key, string tag)
    {
        try
        {
            return IsFresh(key, tag) ? File.OpenHandle(PathOf("files", key), options: FileOptions.Asynchronous) : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // It had to make room at this moment.
            return null;
        }
    }

    /// <summary>Removes the copy of an artifact.</summary>
    public async Task ForgetAsync(string key, CancellationToken cancellationToken = default)
    {
        await using (await LockAsync(key, cancellationToken))
        {
            Remove(key);
        }
    }

    /// <summary>Keeps the copies whose keys begin with a prefix until the hold is disposed of or the process ends.</summary>
    public IDisposable Hold(string prefix) => new FileStream(
        Path.Combine(_root, "holds", $"{Guid.NewGuid():N}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(prefix))}"),
        FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);

    /// <summary>Removes what was longest not asked for until the rest fits, unless another process is at it.</summary>
    internal void MakeRoom()
    {
        using var alone = TryLock(Path.Combine(_root, "locks", "room"));
        if (alone is null)
        {
            return;
        }

        var files = new DirectoryInfo(Path.Combine(_root, "files")).EnumerateFiles("*", SearchOption.AllDirectories).ToList();
        var excess = files.Sum(file => file.Length) - _limit;
        if (excess <= 0)
        {
            return;
        }

        var held = HeldPrefixes();
        var young = _clock.GetUtcNow().UtcDateTime - Grace;
        foreach (var file in files.Where(file => file.LastAccessTimeUtc < young).OrderBy(file => file.LastAccessTimeUtc))
        {
            var key = Path.GetRelativePath(Path.Combine(_root, "files"), file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (excess <= 0)
            {
                return;
            }

            if (held.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)))
            {
                continue;
            }

            using var mine = TryLock(LockOf(key));
            if (mine is not null)
            {
                Remove(key);
                excess -= file.Length;
            }
        }
    }

    private List<string> HeldPrefixes()
    {
        var held = new List<string>();
        foreach (var path in Directory.EnumerateFiles(Path.Combine(_root, "holds")))
        {
            // Nobody has it open any more: its process was killed.
            using (var free = TryLock(path))
            {
                if (free is not null)
                {
                    File.Delete(path);
                    continue;
                }
            }

            held.Add(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(Path.GetFileName(path).AsSpan(33))));
        }

        return held;
    }

    private bool IsFresh(string key, string tag) =>
        File.Exists(PathOf("files", key)) && File.Exists(PathOf("tags", key)) && File.ReadAllText(PathOf("tags", key)) == tag;

    private void Remove(string key)
    {
        if (File.Exists(PathOf("tags", key)))
        {
            File.Delete(PathOf("tags", key));
        }

        if (File.Exists(PathOf("files", key)))
        {
            File.Delete(PathOf("files", key));
        }
    }

    private string PathOf(string folder, string key) => Path.Combine(_root, folder, ArtifactKey.Check(key));

    private string LockOf(string key) =>
        Path.Combine(_root, "locks", (SHA256.HashData(Encoding.UTF8.GetBytes(key))[0] % Locks).ToString(System.Globalization.CultureInfo.InvariantCulture));

    private async Task<FileStream> LockAsync(string key, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryLock(LockOf(key)) is { } taken)
            {
                return taken;
            }

            await Task.Delay(Wait, _clock, cancellationToken);
        }
    }

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
