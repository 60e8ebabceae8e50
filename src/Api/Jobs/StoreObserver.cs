using System.Runtime.ExceptionServices;
using Npgsql;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>Says how far all work on the same thing has come, of which a run is a part.</summary>
/// <param name="connection">A connection inside the transaction that holds the run's work.</param>
/// <param name="own">How far the run has come.</param>
internal delegate Task<RunProgress> ProgressOfAll(NpgsqlConnection connection, RunProgress own);

/// <summary>
/// Takes what a run tells into the store, in batches: the run itself waits only when the store is far behind, and before a checkpoint. A write
/// that is refused since another worker has the work by now stops the run.
/// </summary>
internal sealed class StoreObserver : IRunObserver, IAsyncDisposable
{
    private const int Limit = 50_000;

    // Each batch rings the doorbell once: five times a second.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlDataSource _source;
    private readonly ExperimentLog _log;
    private readonly WorkClaim _claim;
    private readonly IReadOnlyList<Guid> _experiments;
    private readonly TimeProvider _clock;
    private readonly ProgressOfAll? _progressOfAll;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _refused = new();
    private readonly SemaphoreSlim _flushing = new(1);
    private readonly Lock _gate = new();
    private readonly Task _writer;
    private List<MetricSample> _points = [];
    private List<NewEvent> _events = [];
    private Dictionary<int, CaptionLossRow> _losses = [];
    private RunProgress? _progress;
    private int _saved;
    private Exception? _failure;

    /// <summary>Begins to write.</summary>
    /// <param name="source">The database.</param>
    /// <param name="log">The experiments' streams.</param>
    /// <param name="claim">The work; nothing is written once it is another's.</param>
    /// <param name="experiments">Whose work it is.</param>
    /// <param name="clock">The time of points, and of the batches.</param>
    /// <param name="progressOfAll">What the run's progress means for its experiments, or null when the run is all there is.</param>
    public StoreObserver(
        NpgsqlDataSource source, ExperimentLog log, WorkClaim claim, IReadOnlyList<Guid> experiments, TimeProvider clock, ProgressOfAll? progressOfAll = null)
    {
        (_source, _log, _claim, _experiments, _clock, _progressOfAll) = (source, log, claim, experiments, clock, progressOfAll);
        Refused = _refused.Token;
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Cancelled when the store no longer takes this run's word.</summary>
    public CancellationToken Refused { get; }

    /// <inheritdoc/>
    public void Metric(string series, long step, double value)
    {
        lock (_gate)
        {
            _points.Add(new MetricSample(series, step, value, _clock.GetUtcNow()));
        }

        // The store is far behind: the run waits rather than fills the memory.
        while (Volatile.Read(ref _points).Count > Limit && !Refused.IsCancellationRequested && !_writer.IsCompleted)
        {
            Thread.Sleep(Interval);
        }
    }

    /// <inheritdoc/>
    public void CaptionLosses(long step, IReadOnlyList<CaptionLoss> losses)
    {
        lock (_gate)
        {
            foreach (var (caption, loss) in losses)
            {
                _losses[caption] = _losses.TryGetValue(caption, out var row) ? row.With(step, loss) : new CaptionLossRow(caption, step, loss, step, loss);
            }
        }
    }

    /// <inheritdoc/>
    public void Progress(RunProgress progress) => Volatile.Write(ref _progress, progress);

    /// <inheritdoc/>
    public void Log(RunLogLevel level, string message)
    {
        lock (_gate)
        {
            _events.Add(RunEvents.Log(level, message));
        }
    }

    /// <inheritdoc/>
    public void Settle() => FlushAsync().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Saved(long step) => Volatile.Write(ref _saved, 1);

    /// <summary>Writes what is left.</summary>
    /// <exception cref="FencedException">The work is another's by now.</exception>
    public async ValueTask DisposeAsync()
    {
        if (!_closed.IsCancellationRequested)
        {
            await _closed.CancelAsync();
            await _writer;
        }
    }

    private async Task WriteAsync()
    {
        while (!_closed.IsCancellationRequested)
        {
            await Task.Delay(Interval, _clock, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        await _flushing.WaitAsync();
        try
        {
            // A batch that could not be written is lost to this run: whoever goes on from an older checkpoint tells it again.
            if (_failure is not null)
            {
                ExceptionDispatchInfo.Throw(_failure);
            }

            await WriteBatchAsync();
        }
        catch (Exception exception)
        {
            _failure ??= exception;
            await _refused.CancelAsync();
            throw;
        }
        finally
        {
            _flushing.Release();
        }
    }

    private async Task WriteBatchAsync()
    {
        List<MetricSample> points;
        List<NewEvent> events;
        Dictionary<int, CaptionLossRow> losses;
        lock (_gate)
        {
            (points, _points, events, _events, losses, _losses) = (_points, [], _events, [], _losses, []);
        }

        var progress = Interlocked.Exchange(ref _progress, null);
        var saved = Interlocked.Exchange(ref _saved, 0) == 1;
        if (points.Count == 0 && events.Count == 0 && losses.Count == 0 && progress is null && !saved)
        {
            return;
        }

        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await _claim.HoldAsync(connection, CancellationToken.None);
        if (saved)
        {
            await _claim.ForgetLossesAsync(connection);
        }

        if (progress is not null)
        {
            events.Add(RunEvents.Progress(_progressOfAll is null ? progress : await _progressOfAll(connection, progress)));
        }

        if (points.Count > 0)
        {
            events.Add(RunEvents.Metrics(points));
        }

        foreach (var experiment in events.Count > 0 ? _experiments : [])
        {
            try
            {
                await _log.AppendAsync(connection, experiment, null, events, points);
            }
            catch (FencedException)
            {
                // The work is held: it is the experiment that somebody has deleted, while another one still wants the same images.
            }
        }

        foreach (var experiment in losses.Count > 0 ? _experiments : [])
        {
            await CaptionLossTable.UpsertAsync(connection, experiment, losses.Values);
        }

        await transaction.CommitAsync();
    }
}
