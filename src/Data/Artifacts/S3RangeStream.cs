namespace StableRep.Data.Artifacts;

/// <summary>
/// A read-only, seekable view of a range of a remote object. It asks for the bytes from its position on when it is read, and once more when
/// the connection breaks in between.
/// </summary>
/// <param name="open">Opens the range from an offset inside it to its end.</param>
/// <param name="length">The range's length.</param>
internal sealed class S3RangeStream(Func<long, CancellationToken, Task<Stream>> open, long length) : Stream
{
    private const int MostBreaks = 3;
    private Stream? _current;
    private long _currentAt;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position >= length || buffer.IsEmpty)
        {
            return 0;
        }

        for (var breaks = 0; ; breaks++)
        {
            try
            {
                if (_current is null || _currentAt != _position)
                {
                    await CloseAsync();
                    _current = await open(_position, cancellationToken);
                    _currentAt = _position;
                }

                var count = await _current.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _position)], cancellationToken);
                if (count > 0)
                {
                    _position += count;
                    _currentAt = _position;
                    return count;
                }

                throw new EndOfStreamException($"The object store ended an answer {length - _position} bytes early.");
            }
            catch (Exception exception) when (
                exception is IOException and not FileNotFoundException or HttpRequestException && breaks < MostBreaks && !cancellationToken.IsCancellationRequested)
            {
                await CloseAsync();
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Blocks; for readers that know nothing else. Off the caller's context, so that it cannot wait for itself.</summary>
    public override int Read(byte[] buffer, int offset, int count) =>
        Task.Run(() => ReadAsync(buffer.AsMemory(offset, count)).AsTask()).GetAwaiter().GetResult();

    public override long Seek(long distance, SeekOrigin origin) => Position = distance + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int start, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        _current?.Dispose();
        _current = null;
        base.Dispose(disposing);
    }

    private async ValueTask CloseAsync()
    {
        if (_current is { } current)
        {
            _current = null;
            await current.DisposeAsync();
        }
    }
}
