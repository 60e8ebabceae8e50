using System.Security.Cryptography;

namespace StableRep.Api.Backups;

/// <summary>Copies files and hashes them on the way.</summary>
internal static class HashedCopy
{
    /// <summary>Writes a stream to a path, which appears when it is whole.</summary>
    public static async Task<BackupFile> WriteAsync(Stream from, string name, string path, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var incoming = path + ".part";
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        await using (var to = new FileStream(incoming, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous))
        {
            var buffer = new byte[1 << 18];
            for (int count; (count = await from.ReadAsync(buffer, stop)) > 0; length += count)
            {
                sha256.AppendData(buffer, 0, count);
                await to.WriteAsync(buffer.AsMemory(0, count), stop);
            }

            to.Flush(flushToDisk: true);
        }

        File.Move(incoming, path, overwrite: true);
        return new BackupFile(name, length, Convert.ToHexStringLower(sha256.GetHashAndReset()));
    }

    /// <summary>Hashes a file that lies there already.</summary>
    public static async Task<BackupFile> OfAsync(string name, string path, CancellationToken stop)
    {
        await using var file = File.OpenRead(path);
        return new BackupFile(name, file.Length, Convert.ToHexStringLower(await SHA256.HashDataAsync(file, stop)));
    }

    /// <summary>Checks that a file of a backup is what the manifest says.</summary>
    /// <exception cref="BackupException">It is missing or another one.</exception>
    public static async Task CheckAsync(BackupFile expected, string path, CancellationToken stop)
    {
        if (!File.Exists(path) || await OfAsync(expected.Name, path, stop) != expected)
        {
            throw new BackupException($"The backup is damaged: {path} is missing or not the file that was backed up. Nothing was restored.");
        }
    }
}
