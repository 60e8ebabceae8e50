using System.Text;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Data.Experiments;

namespace StableRep.Api.Live;

/// <summary>
/// The news of experiments as they are committed by any process: one connection of this process listens, and readers get the rows themselves
/// from the store. The doorbell may be lost with the connection; the rows are not, and they are looked for again after each new connection.
/// </summary>
public sealed partial class ExperimentFeed : IAsyncDisposable
{
    /// <summary>The channel of the small notices, <c>topic</c>, a line feed and the payload.</summary>
    public const string NoticeChannel = "studio_notices";

    /// <summary>The most bytes of a notice with its topic.</summary>
    public const int LongestNotice = 7000;

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private readonly StudioDatabase _database;
    private readonly ExperimentLog _log;
    private readonly StudioMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger<ExperimentFeed> _logger;
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, ExperimentTail> _tails = [];
    private readonly List<RingSubscription> _rings = [];
    private readonly Dictionary<string, List<NoticeSubscription>> _topics = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Dictionary<Guid, long>? _known;
    private Task? _listener;

    /// <summary>Makes a feed; it listens from the first subscription on.</summary>
    /// <param name="database">The database.</param>
    /// <param name="log">The experiments' events.</param>
    /// <param name="metrics">Is told how old events are when they are handed over.</param>
    /// <param name="clock">Paces the handlers.</param>
    /// <param name="logger">Hears of lost connections and of handlers that fail.</param>
    public ExperimentFeed(StudioDatabase database, ExperimentLog log, StudioMetrics metrics, TimeProvider clock, ILogger<ExperimentFeed> logger) =>
        (_database, _log, _metrics, _clock, _logger) = (database, log, metrics, clock, logger);

    /// <summary>Completes once the feed listens for the first time: what is announced from then on is heard.</summary>
    internal Task Listening => _listening.Task;

    /// <summary>
    /// Hands over every event of an experiment after a sequence number, in order, each once. The handler is called with one batch at a time,
    /// at most ten times a second. An error that it throws is logged and the next batch follows.
    /// </summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="afterSequence">The last number already seen, 0 for none.</param>
    /// <param name="handler">Takes the events.</param>
    /// <returns>Ends the subscription when it is disposed: no call begins afterwards.</returns>
    public IDisposable Subscribe(Guid experimentId, long afterSequence, Func<IReadOnlyList<ExperimentEvent>, Task> handler)
    {
        EventSubscription subscription;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            if (!_tails.TryGetValue(experimentId, out var tail))
            {
                _tails[experimentId] = tail = new ExperimentTail(experimentId, _log, _database.Source);
            }

            subscription = new EventSubscription(tail, afterSequence, handler, _metrics, _clock, _logger);
            tail.Readers.Add(subscription);
            subscription.Start(() => Leave(experimentId, tail, subscription));
        }

        Listen();
        return subscription;
    }

    /// <summary>Calls with the id of each experiment that has news, of each at most five times a second.</summary>
    /// <param name="handler">Takes the id.</param>
    /// <returns>Ends the subscription when it is disposed: no call begins afterwards.</returns>
    public IDisposable SubscribeAll(Func<Guid, Task> handler)
    {
        var subscription = new RingSubscription(handler, _clock, _logger);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            _rings.Add(subscription);
            subscription.Start(() => Leave(_rings, subscription));
        }

        Listen();
        return subscription;
    }

    /// <summary>
    /// Calls with what any node publishes under a topic. Notices are not kept: after the connection was lost the handler is called with an empty
    /// text, which says that notices may have been missed and that what they tell of is to be read anew.
    /// </summary>
    /// <param name="topic">The topic, such as <c>review:ID</c>.</param>
    /// <param name="handler">Takes the payload.</param>
    /// <returns>Ends the subscription when it is disposed: no call begins afterwards.</returns>
    public IDisposable SubscribeTopic(string topic, Func<string, Task> handler)
    {
        var subscription = new NoticeSubscription(handler, _clock, _logger);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, this);
            if (!_topics.TryGetValue(topic, out var listeners))
            {
                _topics[topic] = listeners = [];
            }

            listeners.Add(subscription);
            subscription.Start(() => Leave(topic, listeners, subscription));
        }

        Listen();
        return subscription;
    }

    /// <summary>Tells a small notice to all nodes that listen at this moment.</summary>
    /// <param name="topic">The topic, one line.</param>
    /// <param name="payload">What to tell, at most <see cref="LongestNotice"/> bytes with the topic.</param>
    /// <exception cref="ArgumentException">The notice is too long, or the topic has a line feed.</exception>
    public async Task PublishAsync(string topic, string payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Encoding.UTF8.GetByteCount(topic) + Encoding.UTF8.GetByteCount(payload), LongestNotice, nameof(payload));
        if (topic.Contains('\n', StringComparison.Ordinal))
        {
            throw new ArgumentException("A topic is one line.", nameof(topic));
        }

        await using var command = _database.Source.CreateCommand("SELECT pg_notify($1, $2)");
        command.Parameters.Add(new() { Value = NoticeChannel });
        command.Parameters.Add(new() { Value = $"{topic}\n{payload}" });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends all subscriptions and the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        Subscription[] all;
        lock (_gate)
        {
            if (_disposed.IsCancellationRequested)
            {
                return;
            }

            _disposed.Cancel();
            all = [.. _tails.Values.SelectMany(tail => tail.Readers), .. _rings, .. _topics.Values.SelectMany(listeners => listeners)];
        }

        foreach (var subscription in all)
        {
            subscription.Dispose();
        }

        if (_listener is { } listener)
        {
            await listener;
        }

        _disposed.Dispose();
    }

    private void Listen()
    {
        lock (_gate)
        {
            if (!_disposed.IsCancellationRequested)
            {
                _listener ??= Task.Run(ListenAsync);
            }
        }
    }

    private async Task ListenAsync()
    {
        var stop = _disposed.Token;
        var settings = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Pooling = false, KeepAlive = 10, ApplicationName = "feed" };
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(settings.ConnectionString);
                connection.Notification += (_, notice) => Hear(notice.Channel, notice.Payload);
                await connection.OpenAsync(stop);
                await using (var listen = new NpgsqlCommand($"LISTEN {ExperimentLog.Channel}; LISTEN {NoticeChannel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(stop);
                }

                await CatchUpAsync(connection, stop);
                _listening.TrySetResult();
                while (true)
                {
                    await connection.WaitAsync(stop);
                }
            }
#pragma warning disable CA1031 // Whatever ended the connection, the next one catches up with what it did not bring.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (!stop.IsCancellationRequested)
                {
                    LogLost(exception.Message);
                    await Task.Delay(Patience, _clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    /// <summary>Rings for everything that was committed while nobody listened.</summary>
    private async Task CatchUpAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        var now = new Dictionary<Guid, long>();
        await using (var command = new NpgsqlCommand("SELECT id, last_sequence FROM app.experiments", connection))
        {
            await using var reader = await command.ExecuteReaderAsync(stop);
            while (await reader.ReadAsync(stop))
            {
                now[reader.GetGuid(0)] = reader.GetInt64(1);
            }
        }

        lock (_gate)
        {
            foreach (var (id, sequence) in now)
            {
                if (_known is null || _known.GetValueOrDefault(id) != sequence)
                {
                    Announce(id, sequence, rings: _known is not null);
                }
            }

            if (_known is not null)
            {
                foreach (var listener in _topics.Values.SelectMany(listeners => listeners))
                {
                    listener.Add("");
                }
            }

            _known = now;
        }
    }

    private void Hear(string channel, string payload)
    {
        lock (_gate)
        {
            if (channel == ExperimentLog.Channel)
            {
                var (id, sequence) = ExperimentLog.ParseNotice(payload);
                if (_known is not null)
                {
                    _known[id] = sequence;
                }

                Announce(id, sequence, rings: true);
            }
            else if (payload.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0 && _topics.TryGetValue(payload[..end], out var listeners))
            {
                foreach (var listener in listeners)
                {
                    listener.Add(payload[(end + 1)..]);
                }
            }
        }
    }

    private void Announce(Guid id, long sequence, bool rings)
    {
        if (_tails.TryGetValue(id, out var tail))
        {
            tail.Announce(sequence);
            foreach (var reader in tail.Readers)
            {
                reader.Ring();
            }
        }

        foreach (var ring in rings ? _rings : [])
        {
            ring.Ring(id);
        }
    }

    private void Leave(Guid experimentId, ExperimentTail tail, EventSubscription subscription)
    {
        lock (_gate)
        {
            tail.Readers.Remove(subscription);
            if (tail.Readers.Count == 0 && _tails.GetValueOrDefault(experimentId) == tail)
            {
                _tails.Remove(experimentId);
                tail.Dispose();
            }
        }
    }

    private void Leave(List<RingSubscription> listeners, RingSubscription subscription)
    {
        lock (_gate)
        {
            listeners.Remove(subscription);
        }
    }

    private void Leave(string topic, List<NoticeSubscription> listeners, NoticeSubscription subscription)
    {
        lock (_gate)
        {
            listeners.Remove(subscription);
            if (listeners.Count == 0 && _topics.GetValueOrDefault(topic) == listeners)
            {
                _topics.Remove(topic);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection that listens for news was lost ({Reason}): connecting again.")]
    private partial void LogLost(string reason);
}
