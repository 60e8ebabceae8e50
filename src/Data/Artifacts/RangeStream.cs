using Microsoft.Win32.SafeHandles;

namespace StableRep.Data.Artifacts;

/// <summary>A read-only view of some bytes of an open file, which it owns.</summary>
internal sealed class RangeStream(SafeFileHandle file, long offset, long length) : Stream
{
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

    public override int Read(Span<byte> buffer)
    {
        var count = RandomAccess.Read(file, buffer[..Available(buffer.Length)], offset + _position);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int start, int count) => Read(buffer.AsSpan(start, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await RandomAccess.ReadAsync(file, buffer[..Available(buffer.Length)], offset + _position, cancellationToken);
        _position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int start, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(start, count), cancellationToken).AsTask();

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

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }

    private int Available(int wanted) => (int)Math.Min(wanted, Math.Max(0, length - _position));
}
