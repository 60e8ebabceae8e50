using System.Runtime.CompilerServices;
using System.Threading.Channels;
using StableRep.Api.Http;
using StableRep.Data.Experiments;

namespace StableRep.Api.Live;

/// <summary>An experiment's stream for clients elsewhere: a snapshot, then every event. The hub and the server-sent events are two forms of it.</summary>
public sealed class LiveStream(ExperimentFeed feed, SnapshotService snapshots, IHostApplicationLifetime lifetime)
{
    // A client that does not keep up is left at an older event, and served from the store when it is ready again.
    private const int Ahead = 2;

    /// <summary>Opens the stream.</summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="fromSequence">The last event already seen: those after it follow the snapshot. Null: those after the snapshot.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task<IAsyncEnumerable<LiveMessage>> OpenAsync(Guid experimentId, long? fromSequence, CancellationToken cancellationToken)
    {
        var snapshot = await snapshots.GetAsync(experimentId, cancellationToken);
        return FollowAsync(snapshot, Math.Max(0, fromSequence ?? snapshot.Sequence), cancellationToken);
    }

    private async IAsyncEnumerable<LiveMessage> FollowAsync(
        ExperimentSnapshot snapshot, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new LiveMessage([], snapshot);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var channel = Channel.CreateBounded<IReadOnlyList<ExperimentEvent>>(Ahead);
        var token = stop.Token;
        using var subscription = feed.Subscribe(snapshot.ExperimentId, after, events => PassAsync(channel.Writer, events, token));
        await foreach (var events in ReadAsync(channel.Reader, token))
        {
            yield return new LiveMessage([.. events.Select(LiveEvent.Of)]);
        }
    }

    private static async Task PassAsync<T>(ChannelWriter<T> writer, T item, CancellationToken stop)
    {
        try
        {
            await writer.WriteAsync(item, stop);
        }
        catch (OperationCanceledException)
        {
            // The client is gone.
        }
    }

    /// <summary>Ends, rather than fails, when it is cancelled: a stream that the server closes is no error.</summary>
    internal static async IAsyncEnumerable<T> ReadAsync<T>(ChannelReader<T> reader, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            T item;
            try
            {
                item = await reader.ReadAsync(stop);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            yield return item;
        }
    }
}
