namespace StableRep.Api.Live;

/// <summary>One listener to the news of all experiments: an experiment that has news several times in a moment rings once.</summary>
internal sealed class RingSubscription(Func<Guid, Task> handler, TimeProvider clock, ILogger logger)
    : Subscription(TimeSpan.FromMilliseconds(200), clock, logger)
{
    private readonly Bell _bell = new();
    private readonly Lock _gate = new();
    private HashSet<Guid> _news = [];

    /// <summary>An experiment has news.</summary>
    public void Ring(Guid experimentId)
    {
        lock (_gate)
        {
            _news.Add(experimentId);
        }

        _bell.Ring();
    }

    /// <inheritdoc/>
    protected override async Task StepAsync(CancellationToken stop)
    {
        await _bell.WaitAsync(stop);
        HashSet<Guid> news;
        lock (_gate)
        {
            (news, _news) = (_news, []);
        }

        foreach (var experiment in news)
        {
            await CallAsync(() => handler(experiment), stop);
        }
    }
}
