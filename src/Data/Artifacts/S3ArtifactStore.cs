using System.Net;
using System.Runtime.CompilerServices;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace StableRep.Data.Artifacts;

/// <summary>
/// Artifacts in a bucket of an S3-compatible service. A put becomes visible when the service has all of it. Files that readers need on this
/// machine lie in a cache, which also serves ranges of what is in it.
/// </summary>
public sealed class S3ArtifactStore : IArtifactStore, IDisposable
{
    private const long PartSize = 16 << 20;
    private const int MostParts = 9_000;
    private const int ParallelParts = 4;
    private const int Buffered = 4 << 20;

    private readonly AmazonS3Client _client;
    private readonly ArtifactCache _cache;
    private readonly string _bucket;
    private readonly string _prefix;
    private readonly string _name;

    /// <summary>Uses a bucket.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="cache">The cache of files on this machine.</param>
    public S3ArtifactStore(S3Options options, ArtifactCache cache)
    {
        _bucket = options.Bucket ?? throw new ArgumentException("No bucket is named.", nameof(options));
        (_cache, _prefix) = (cache, options.Prefix);
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            AuthenticationRegion = options.Region,
            MaxErrorRetry = 4,
            // Checksums in trailers are an addition that many services do not know; payloads are signed anyway.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        _client = options.AccessKey is { } id
            ? new AmazonS3Client(new BasicAWSCredentials(id, options.SecretKey ?? ""), config)
            : new AmazonS3Client(config);
        _name = $"{options.Endpoint ?? "Amazon S3"}, bucket '{_bucket}'";
    }

    /// <summary>Asks whether the bucket is there and may be used.</summary>
    /// <exception cref="IOException">It is not; the message says why.</exception>
    public Task CheckAsync(CancellationToken cancellationToken = default) => CallAsync(
        null,
        async () =>
        {
            await _client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _bucket, Prefix = _prefix, MaxKeys = 1 }, cancellationToken);
            return true;
        });

    /// <inheritdoc/>
    public async Task PutAsync(string key, string path, CancellationToken cancellationToken = default)
    {
        var length = new FileInfo(path).Length;
        var name = KeyOf(key);
        if (length <= PartSize)
        {
            // The payload's hash is signed as a whole: signing it in chunks is an addition that not every service knows.
            await CallAsync(key, () => _client.PutObjectAsync(
                new PutObjectRequest { BucketName = _bucket, Key = name, FilePath = path, UseChunkEncoding = false }, cancellationToken));
        }
        else
        {
            await PutPartsAsync(key, name, path, length, cancellationToken);
        }

        await _cache.ForgetAsync(key, cancellationToken);
        File.Delete(path);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string key, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        var found = await HeadAsync(key, cancellationToken) ?? throw Missing(key, null);
        var count = length ?? found.Length - offset;
        if (offset < 0 || count < 0 || offset > found.Length - count)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"'{key}' has {found.Length} bytes: {count} from {offset} are not inside it.");
        }

        if (_cache.TryOpen(key, found.Tag) is { } file)
        {
            return new RangeStream(file, offset, count);
        }

        var stream = new S3RangeStream((from, stop) => GetAsync(key, found.Tag, offset + from, offset + count - 1, stop), count);
        if (count > Buffered)
        {
            return stream;
        }

        await using (stream)
        {
            var bytes = new byte[count];
            await stream.ReadExactlyAsync(bytes, cancellationToken);
            return new MemoryStream(bytes, writable: false);
        }
    }

    /// <inheritdoc/>
    public async Task<string> LocalPathAsync(string key, CancellationToken cancellationToken = default)
    {
        var found = await HeadAsync(key, cancellationToken) ?? throw Missing(key, null);
        return await _cache.GetAsync(
            key,
            found.Tag,
            async (path, stop) =>
            {
                await using var from = new S3RangeStream((offset, inner) => GetAsync(key, found.Tag, offset, found.Length - 1, inner), found.Length);
                await using var to = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous);
                await from.CopyToAsync(to, 1 << 20, stop);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public IDisposable Hold(string prefix) => _cache.Hold(prefix);

    /// <inheritdoc/>
    public async Task<long?> LengthAsync(string key, CancellationToken cancellationToken = default) => (await HeadAsync(key, cancellationToken))?.Length;

    /// <inheritdoc/>
    public async Task DeleteAsync(string key, CancellationToken cancellationToken = default)
    {
        await CallAsync(key, () => _client.DeleteObjectAsync(_bucket, KeyOf(key), cancellationToken));
        await _cache.ForgetAsync(key, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<(string Key, long Length)> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = _prefix + prefix };
        do
        {
            var page = await CallAsync(null, () => _client.ListObjectsV2Async(request, cancellationToken));
            foreach (var item in page.S3Objects ?? [])
            {
                yield return (item.Key[_prefix.Length..], item.Size ?? 0);
            }

            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async Task PutPartsAsync(string key, string name, string path, long length, CancellationToken cancellationToken)
    {
        // Not cancelled: an upload whose answer is not waited for is there, and cannot be given up for want of its name.
        var upload = (await CallAsync(key, () => _client.InitiateMultipartUploadAsync(_bucket, name, CancellationToken.None))).UploadId;
        try
        {
            var size = Math.Max(PartSize, length / MostParts);
            var parts = new PartETag[(length + size - 1) / size];
            await Parallel.ForAsync(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = ParallelParts, CancellationToken = cancellationToken }, async (index, stop) =>
            {
                var request = new UploadPartRequest
                {
                    BucketName = _bucket,
                    Key = name,
                    UploadId = upload,
                    PartNumber = index + 1,
                    FilePath = path,
                    FilePosition = index * size,
                    PartSize = Math.Min(size, length - (index * size)),
                    UseChunkEncoding = false,
                };
                parts[index] = new PartETag(index + 1, (await CallAsync(key, () => _client.UploadPartAsync(request, stop))).ETag);
            });
            await CallAsync(key, () => _client.CompleteMultipartUploadAsync(
                new CompleteMultipartUploadRequest { BucketName = _bucket, Key = name, UploadId = upload, PartETags = [.. parts] }, cancellationToken));
        }
        catch
        {
            // Best effort: what is left of an upload is invisible, and the bucket's own rule clears it (docs/operations.md).
            await _client.AbortMultipartUploadAsync(_bucket, name, upload, CancellationToken.None).ContinueWith(_ => { }, TaskScheduler.Default);
            throw;
        }
    }

    private string KeyOf(string key) => _prefix + ArtifactKey.Check(key);

    private async Task<(long Length, string Tag)?> HeadAsync(string key, CancellationToken cancellationToken)
    {
        var name = KeyOf(key);
        try
        {
            var head = await CallAsync(key, () => _client.GetObjectMetadataAsync(_bucket, name, cancellationToken));
            return (head.ContentLength, head.ETag);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The bytes from one to another of one version of an object: a reader never gets halves of two.</summary>
    private Task<Stream> GetAsync(string key, string tag, long first, long last, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _bucket, Key = KeyOf(key), ByteRange = new ByteRange(first, last), EtagToMatch = tag };
        return CallAsync(key, async () => (await _client.GetObjectAsync(request, cancellationToken)).ResponseStream);
    }

    private async Task<T> CallAsync<T>(string? key, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (AmazonS3Exception exception) when (
            key is not null && exception.StatusCode == HttpStatusCode.NotFound && exception.ErrorCode != "NoSuchBucket")
        {
            throw Missing(key, exception);
        }
        catch (Exception exception) when (exception is AmazonServiceException or AmazonClientException or HttpRequestException)
        {
            throw new IOException($"The object store ({_name}) refused or broke off{(key is null ? "" : $" '{key}'")}: {exception.Message}", exception);
        }
    }

    private static FileNotFoundException Missing(string key, Exception? inner) => new($"There is no artifact '{key}'.", key, inner);
}
