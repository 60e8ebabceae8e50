using System.Threading.Channels;

namespace StableRep.Api.Live;

/// <summary>One listener to the notices of a topic. When it falls far behind, the oldest are dropped.</summary>
internal sealed class NoticeSubscription(Func<string, Task> handler, TimeProvider clock, ILogger logger) : Subscription(TimeSpan.Zero, clock, logger)
{
    private readonly Channel<string> _notices =
        Channel.CreateBounded<string>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>A notice has come.</summary>
    public void Add(string payload) => _notices.Writer.TryWrite(payload);

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        var payload = await _notices.Reader.ReadAsync(stop);
        await CallAsync(() => handler(payload), stop);
    }
}
