using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;
using StableRep.Api.Accounts;
using StableRep.Api.Http;

namespace StableRep.Api.Live;

/// <summary>What happens in experiments, for clients elsewhere. Pages subscribe to the feed itself.</summary>
[Authorize(Policy = Policies.Viewer)]
public sealed class ExperimentHub(LiveStream live, ExperimentFeed feed, LoginSessions sessions) : Hub
{
    /// <summary>Streams an experiment: a snapshot, then every event after a sequence number, each once.</summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="fromSequence">The last event already seen, 0 for the whole history, null for what follows the snapshot.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    [Authorize(Policy = Policies.Viewer)]
    public async Task<IAsyncEnumerable<LiveMessage>> Subscribe(Guid experimentId, long? fromSequence, CancellationToken cancellationToken)
    {
        try
        {
            return sessions.WhileHoldingAsync(Context.User!, await live.OpenAsync(experimentId, fromSequence, cancellationToken), cancellationToken);
        }
        catch (MissingException exception)
        {
            throw new HubException(exception.Message);
        }
    }

    /// <summary>Streams the ids of experiments that have news, each at most five times a second.</summary>
    /// <param name="cancellationToken">Ends the stream.</param>
    [Authorize(Policy = Policies.Viewer)]
    public IAsyncEnumerable<Guid> SubscribeAll(CancellationToken cancellationToken) =>
        sessions.WhileHoldingAsync(Context.User!, NewsAsync(cancellationToken), cancellationToken);

    private async IAsyncEnumerable<Guid> NewsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var news = Channel.CreateBounded<Guid>(new BoundedChannelOptions(10_000) { FullMode = BoundedChannelFullMode.DropOldest });
        using var subscription = feed.SubscribeAll(id => news.Writer.WriteAsync(id, CancellationToken.None).AsTask());
        await foreach (var id in LiveStream.ReadAsync(news.Reader, cancellationToken))
        {
            yield return id;
        }
    }
}
