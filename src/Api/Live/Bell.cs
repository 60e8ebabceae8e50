using System.Threading.Channels;

namespace StableRep.Api.Live;

/// <summary>Wakes one waiter. Rings while nobody waits count as one.</summary>
internal sealed class Bell
{
    private readonly Channel<bool> _ring = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>There is something new.</summary>
    public void Ring() => _ring.Writer.TryWrite(true);

    /// <summary>Waits for a ring.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await _ring.Reader.ReadAsync(cancellationToken);
}
