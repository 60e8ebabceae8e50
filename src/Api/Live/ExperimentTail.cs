using Npgsql;
using StableRep.Data.Experiments;

namespace StableRep.Api.Live;

/// <summary>
/// The last events of one experiment that somebody watches, read once for all who do. Who is further behind than these reads the store
/// itself, so that neither a slow reader nor a late one costs memory.
/// </summary>
internal sealed class ExperimentTail(Guid experimentId, ExperimentLog log, NpgsqlDataSource source) : IDisposable
{
    private const int BatchSize = 500;
    private const int KeptEvents = 2000;
    private const int KeptCharacters = 4_000_000;

    // Many who come back at once, after a restart, take turns at the store.
    private readonly SemaphoreSlim _catchingUp = new(4);
    private readonly SemaphoreSlim _reading = new(1);
    private readonly Lock _gate = new();
    private readonly List<ExperimentEvent> _events = [];
    private long _announced;
    private long? _start;
    private long _end;
    private int _characters;

    /// <summary>Those who read it. Guarded by the feed.</summary>
    public List<EventSubscription> Readers { get; } = [];

    /// <summary>A sequence number was announced.</summary>
    public void Announce(long sequence)
    {
        lock (_gate)
        {
            _announced = Math.Max(_announced, sequence);
        }
    }

    /// <summary>The events that follow a sequence number, at most some hundred; none when there are no more.</summary>
    public async Task<IReadOnlyList<ExperimentEvent>> AfterAsync(long sequence, CancellationToken cancellationToken)
    {
        if (!IsFresh())
        {
            await _reading.WaitAsync(cancellationToken);
            try
            {
                if (!IsFresh())
                {
                    await ReadAsync(cancellationToken);
                }
            }
            finally
            {
                _reading.Release();
            }
        }

        if (Kept(sequence) is { } kept)
        {
            return kept;
        }

        await _catchingUp.WaitAsync(cancellationToken);
        try
        {
            return await log.ReadAsync(experimentId, sequence, BatchSize, cancellationToken).ToListAsync(cancellationToken);
        }
        finally
        {
            _catchingUp.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _catchingUp.Dispose();
        _reading.Dispose();
    }

    private bool IsFresh()
    {
        lock (_gate)
        {
            return _start is not null && _end >= _announced;
        }
    }

    /// <summary>The events after a number, or null when the first of them may no longer be kept.</summary>
    private List<ExperimentEvent>? Kept(long sequence)
    {
        lock (_gate)
        {
            if (sequence < _start)
            {
                return null;
            }

            var first = _events.FindIndex(entry => entry.Sequence > sequence);
            return first < 0 ? [] : _events.GetRange(first, Math.Min(BatchSize, _events.Count - first));
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        long announced;
        lock (_gate)
        {
            announced = _announced;
        }

        if (_start is null)
        {
            var last = await LastSequenceAsync(cancellationToken);
            lock (_gate)
            {
                (_start, _end) = (last, last);
            }
        }

        List<ExperimentEvent> added;
        do
        {
            added = await log.ReadAsync(experimentId, _end, BatchSize, cancellationToken).ToListAsync(cancellationToken);
            Keep(added);
        }
        while (added.Count == BatchSize);

        lock (_gate)
        {
            // What was announced and is not there is gone with its experiment; what was announced meanwhile is still to be read.
            _announced = _announced == announced ? _end : _announced;
        }
    }

    private void Keep(List<ExperimentEvent> added)
    {
        if (added.Count == 0)
        {
            return;
        }

        lock (_gate)
        {
            _events.AddRange(added);
            _end = added[^1].Sequence;
            _characters += added.Sum(entry => entry.Payload.Length);
            var dropped = 0;
            while (_events.Count - dropped > KeptEvents || (_characters > KeptCharacters && _events.Count - dropped > 1))
            {
                _characters -= _events[dropped].Payload.Length;
                _start = _events[dropped++].Sequence;
            }

            _events.RemoveRange(0, dropped);
        }
    }

    private async Task<long> LastSequenceAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand("SELECT last_sequence FROM app.experiments WHERE id = $1");
        command.Parameters.Add(new() { Value = experimentId });
        return await command.ExecuteScalarAsync(cancellationToken) is long last ? last : 0;
    }
}
