using System.Security.Cryptography;

namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>A file that is being fetched: what is there already counts, and its hash is kept up to date as bytes arrive.</summary>
internal sealed class PartialFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private PartialFile(FileStream stream) => _stream = stream;

    public long Length { get; private set; }

    /// <summary>Whether all bytes came over one connection, so that a wrong hash cannot come from joining two contents.</summary>
    public bool IsFromOneResponse { get; private set; } = true;

    public static async Task<PartialFile> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var file = new PartialFile(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.Asynchronous));
        try
        {
            var buffer = new byte[1 << 20];
            int count;
            while ((count = await file._stream.ReadAsync(buffer, cancellationToken)) > 0)
            {
                file._hash.AppendData(buffer.AsSpan(0, count));
                file.Length += count;
            }

            file.IsFromOneResponse = file.Length == 0;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Restart()
    {
        _stream.SetLength(0);
        _hash.GetHashAndReset();
        Length = 0;
        IsFromOneResponse = true;
    }

    /// <summary>Notes that the next bytes come over another connection.</summary>
    public void Resume() => IsFromOneResponse = IsFromOneResponse && Length == 0;

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException exception)
        {
            // Not the network's fault, so trying again would not help.
            throw new HubException($"{_stream.Name} cannot be written: {exception.Message}", exception);
        }

        _hash.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>The SHA-256 of what is there, in lower-case hexadecimal; nothing can be appended after.</summary>
    public string Complete()
    {
        _stream.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }
}
