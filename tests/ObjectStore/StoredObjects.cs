using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace StableRep.ObjectStore;

/// <summary>The objects of one bucket: contents in files, the index in memory, so that a store begins empty.</summary>
internal sealed class StoredObjects(string folder)
{
    private readonly ConcurrentDictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<int, StoredObject>> _uploads = new(StringComparer.Ordinal);

    /// <summary>Multipart uploads that are neither complete nor given up.</summary>
    public int OpenUploads => _uploads.Count;

    public StoredObject Find(string key) => _objects.TryGetValue(key, out var found) ? found : throw S3Error.NoSuchKey;

    public IReadOnlyList<(string Key, StoredObject Object)> List(string prefix, string? after, int count) =>
    [
        .. _objects.Where(item => item.Key.StartsWith(prefix, StringComparison.Ordinal) && string.CompareOrdinal(item.Key, after) > 0)
            .OrderBy(item => item.Key, StringComparer.Ordinal).Take(count).Select(item => (item.Key, item.Value)),
    ];

    public void Put(string key, StoredObject stored) => _objects[key] = stored;

    public void Delete(string key) => _objects.TryRemove(key, out _);

    public string Begin()
    {
        var upload = Guid.NewGuid().ToString("N");
        _uploads[upload] = new();
        return upload;
    }

    public void PutPart(string upload, int number, StoredObject part) => UploadOf(upload)[number] = part;

    public void Abort(string upload)
    {
        if (!_uploads.TryRemove(upload, out _))
        {
            throw S3Error.NoSuchUpload;
        }
    }

    public async Task<StoredObject> CompleteAsync(string key, string upload, IReadOnlyList<(int Number, string Tag)> wanted, CancellationToken stop)
    {
        var parts = UploadOf(upload);
        var path = NewPath();
        await using (var file = File.Create(path))
        {
            foreach (var (number, tag) in wanted)
            {
                var part = parts.TryGetValue(number, out var found) && found.Tag == tag ? found : throw S3Error.InvalidPart;
                await using var from = File.OpenRead(part.Path);
                await from.CopyToAsync(file, stop);
            }
        }

        _uploads.TryRemove(upload, out _);
        var whole = new StoredObject(path, new FileInfo(path).Length, $"\"{Guid.NewGuid():N}-{wanted.Count}\"");
        Put(key, whole);
        return whole;
    }

    /// <summary>Keeps a request's body, which must have a hash.</summary>
    public async Task<StoredObject> ReceiveAsync(Stream body, string hash, CancellationToken stop)
    {
        var path = NewPath();
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var file = File.Create(path))
        {
            var buffer = new byte[1 << 16];
            for (int count; (count = await body.ReadAsync(buffer, stop)) > 0;)
            {
                sha256.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), stop);
            }
        }

        var found = Convert.ToHexStringLower(sha256.GetHashAndReset());
        return hash == "UNSIGNED-PAYLOAD" || hash == found
            ? new StoredObject(path, new FileInfo(path).Length, $"\"{found[..32]}\"")
            : throw new S3Error(400, "XAmzContentSHA256Mismatch", "The payload is not the one that was signed.");
    }

    private ConcurrentDictionary<int, StoredObject> UploadOf(string upload) => _uploads.TryGetValue(upload, out var parts) ? parts : throw S3Error.NoSuchUpload;

    private string NewPath() => Path.Combine(folder, Guid.NewGuid().ToString("N"));
}

/// <summary>One object's content.</summary>
internal sealed record StoredObject(string Path, long Length, string Tag);
