using StableRep.Api.Hosting;
using StableRep.Data.Experiments;

namespace StableRep.Api.Live;

/// <summary>One reader of an experiment's events. It asks for what follows the last event that it handed over, so nothing is missed or doubled.</summary>
internal sealed class EventSubscription(
    ExperimentTail tail, long after, Func<IReadOnlyList<ExperimentEvent>, Task> handler, StudioMetrics metrics, TimeProvider clock, ILogger logger)
    : Subscription(Pace, clock, logger)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private readonly Bell _bell = new();
    private readonly TimeProvider _clock = clock;
    private long _after = after;

    /// <summary>There are new events.</summary>
    public void Ring() => _bell.Ring();

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        while (true)
        {
            var events = await tail.AfterAsync(_after, stop);
            if (events.Count > 0)
            {
                _after = events[^1].Sequence;
                metrics.Delivered(_clock.GetUtcNow() - events[0].At);
                await CallAsync(() => handler(events), stop);
                return;
            }

            await _bell.WaitAsync(stop);
        }
    }
}
