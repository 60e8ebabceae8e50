using System.Text.Json;
using Npgsql;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>
/// Takes what a run tells into the store, in batches: the run itself waits only when the store is far behind. A write that is refused
/// since another worker has the work by now stops the run.
/// </summary>
internal sealed class StoreObserver : IRunObserver, IAsyncDisposable
{
    private const int Limit = 50_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlDataSource _source;
    private readonly ExperimentLog _log;
    private readonly WorkClaim _claim;
    private readonly IReadOnlyList<Guid> _experiments;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _refused = new();
    private readonly Lock _gate = new();
    private readonly Task _writer;
    private List<MetricSample> _points = [];
    private List<NewEvent> _events = [];
    private RunProgress? _progress;

    /// <summary>Begins to write.</summary>
    /// <param name="source">The database.</param>
    /// <param name="log">The experiments' streams.</param>
    /// <param name="claim">The work; nothing is written once it is another's.</param>
    /// <param name="experiments">Whose work it is.</param>
    /// <param name="clock">The time of points, and of the batches.</param>
    public StoreObserver(NpgsqlDataSource source, ExperimentLog log, WorkClaim claim, IReadOnlyList<Guid> experiments, TimeProvider clock)
    {
        (_source, _log, _claim, _experiments, _clock) = (source, log, claim, experiments, clock);
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
    public void Progress(RunProgress progress) => Volatile.Write(ref _progress, progress);

    /// <inheritdoc/>
    public void Log(RunLogLevel level, string message)
    {
        lock (_gate)
        {
            _events.Add(new("log", JsonSerializer.Serialize(
                new { level = level.ToString().ToLowerInvariant(), message = message.Replace("\0", "", StringComparison.Ordinal) }, JsonSerializerOptions.Web)));
        }
    }

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
        try
        {
            while (!_closed.IsCancellationRequested)
            {
                await Task.Delay(Interval, _clock, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await FlushAsync();
            }
        }
        catch
        {
            await _refused.CancelAsync();
            throw;
        }
    }

    private async Task FlushAsync()
    {
        List<MetricSample> points;
        List<NewEvent> events;
        lock (_gate)
        {
            (points, _points, events, _events) = (_points, [], _events, []);
        }

        if (Interlocked.Exchange(ref _progress, null) is { } progress)
        {
            events.Add(new("progress", JsonSerializer.Serialize(
                new { progress.Stage, progress.Done, progress.Total, progress.Unit, remainingSeconds = progress.Remaining?.TotalSeconds }, JsonSerializerOptions.Web)));
        }

        if (points.Count > 0)
        {
            events.Add(new("metrics", JsonSerializer.Serialize(
                new { points = points.Select(point => new { point.Series, point.Step, point.Value }) }, JsonSerializerOptions.Web)));
        }

        if (events.Count == 0)
        {
            return;
        }

        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await _claim.HoldAsync(connection, CancellationToken.None);
        foreach (var experiment in _experiments)
        {
            await _log.AppendAsync(connection, experiment, null, events, points);
        }

        await transaction.CommitAsync();
    }
}
