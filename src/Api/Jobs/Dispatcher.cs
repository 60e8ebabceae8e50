using Npgsql;
using StableRep.Api.Experiments;
using StableRep.Api.Hosting;
using StableRep.Data.Hosting;

namespace StableRep.Api.Jobs;

/// <summary>
/// The outbox: looks in the store for work that waits, and hands the queue as much as its workers soon need, so that priority and turns
/// between owners are decided at the last moment. One of all nodes does a step at a time. Work whose worker is gone is found here too.
/// </summary>
internal sealed partial class Dispatcher(
    StudioDatabase database,
    JobQueue queue,
    ExperimentStages stages,
    DispatchSignal signal,
    WorkJournal journal,
    StudioMetrics metrics,
    TimeProvider clock,
    ILogger<Dispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly NpgsqlDataSource _source = database.Source;

    /// <summary>One step, unless another node is at one.</summary>
    public async Task StepAsync(CancellationToken cancellationToken)
    {
        await using var lease = await WorkLease.TryTakeAsync(database.ConnectionString, "dispatch", clock, cancellationToken);
        if (lease is null)
        {
            return;
        }

        await FindLostAsync(cancellationToken);
        await stages.AdvanceAllAsync(cancellationToken);
        metrics.Waiting(await CountWaitingAsync(cancellationToken));
        var waiting = queue.Waiting();
        var room = queue.LiveWorkers() - waiting.Count;
        if (room <= 0)
        {
            return;
        }

        foreach (var unit in (await CandidatesAsync(_source, room + waiting.Count, cancellationToken)).Where(unit => !waiting.Contains(unit)).Take(room))
        {
            queue.Enqueue(unit);
            LogEnqueued(unit.Name);
        }
    }

    /// <summary>The work to do next: by priority, then each owner in turn, then in the order of launch.</summary>
    internal static async Task<IReadOnlyList<WorkUnit>> CandidatesAsync(NpgsqlDataSource source, int count, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            $"""
            WITH active AS (
                SELECT * FROM app.experiments WHERE state IN {WorkUnit.Active}),
            work AS (
                SELECT DISTINCT ON (s.id) 0 AS kind, s.id, s.state, e.priority, e.owner_id, e.launched_at, s.index
                FROM active e JOIN app.shards s ON s.image_set_id = e.image_set_id
                WHERE s.state IN ('pending', 'running') AND NOT s.regenerates
                ORDER BY s.id, e.priority DESC, e.launched_at
            ), units AS (
                SELECT * FROM work
                UNION ALL
                SELECT 1, e.id, e.training_state, e.priority, e.owner_id, e.launched_at, 0 FROM active e
                WHERE e.training_state IN ('pending', 'running')
                    AND NOT EXISTS (SELECT FROM app.shards s WHERE s.image_set_id = e.image_set_id AND s.state <> 'done' AND NOT s.regenerates)
                UNION ALL
                SELECT 2, p.id, p.state, e.priority, e.owner_id, e.launched_at, 0 FROM active e JOIN app.probes p ON p.experiment_id = e.id
                WHERE e.training_state = 'done' AND p.state IN ('pending', 'running')
                UNION ALL
                SELECT 0, s.id, s.state, 0, g.requester_id, g.at, s.index FROM app.shards s
                CROSS JOIN LATERAL (SELECT requester_id, at FROM app.regenerations WHERE shard_id = s.id LIMIT 1) g
                WHERE s.regenerates AND s.state IN ('pending', 'running')
            ), turns AS (
                SELECT kind, id, state, priority, launched_at, index, row_number() OVER (
                    PARTITION BY owner_id ORDER BY state = 'running' DESC, priority DESC, launched_at, kind, index, id) AS turn
                FROM units)
            SELECT kind, id FROM turns WHERE state = 'pending' ORDER BY priority DESC, turn, launched_at, kind, index, id LIMIT $1
            """);
        command.Parameters.Add(new() { Value = count });
        var units = new List<WorkUnit>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            units.Add(new WorkUnit((WorkKind)reader.GetInt32(0), reader.GetGuid(1)));
        }

        return units;
    }

    /// <summary>Gives work back that is said to run and whose lease nobody has: its worker is gone.</summary>
    internal async Task FindLostAsync(CancellationToken cancellationToken)
    {
        var running = new List<WorkClaim>();
        await using (var command = _source.CreateCommand(
            """
            SELECT 0, id, attempt FROM app.shards WHERE state = 'running'
            UNION ALL SELECT 1, id, attempt FROM app.experiments WHERE training_state = 'running'
            UNION ALL SELECT 2, id, attempt FROM app.probes WHERE state = 'running'
            """))
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                running.Add(new WorkClaim(new WorkUnit((WorkKind)reader.GetInt32(0), reader.GetGuid(1)), reader.GetInt32(2)));
            }
        }

        if (running.Count == 0)
        {
            return;
        }

        // Read after the rows: a worker takes its lease before its row and frees it after.
        var held = await WorkLease.HeldAsync(_source, [.. running.Select(claim => claim.Unit.Name)], cancellationToken);
        foreach (var claim in running.Where(claim => !held.Contains(claim.Unit.Name)))
        {
            LogLost(claim.Unit.Name, claim.Attempt);
            await claim.LoseAsync(_source, "Its worker was lost in the middle of the work, the fourth time.");
            await journal.LostAsync(claim, "its worker is gone.");
            await stages.AdvanceAsync(claim.Unit, cancellationToken);
        }
    }

    private async Task<Dictionary<string, int>> CountWaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand(
            $"""
            WITH active AS (SELECT * FROM app.experiments WHERE state IN {WorkUnit.Active})
            SELECT 'shard', count(*)::int FROM app.shards s WHERE s.state = 'pending' AND s.image_set_id IN (SELECT image_set_id FROM active)
            UNION ALL SELECT 'training', count(*)::int FROM active WHERE training_state = 'pending'
            UNION ALL SELECT 'probe', count(*)::int FROM app.probes p JOIN active e ON e.id = p.experiment_id WHERE p.state = 'pending'
            """);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts[reader.GetString(0)] = reader.GetInt32(1);
        }

        return counts;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(stoppingToken);
                await signal.WaitAsync(Interval, clock, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The database may be away for a while; the next step sees everything anew.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(exception);
                await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Enqueued {Work}.")]
    private partial void LogEnqueued(string work);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker of {Work}, attempt {Attempt}, is gone.")]
    private partial void LogLost(string work, int attempt);

    [LoggerMessage(Level = LogLevel.Error, Message = "Dispatching failed.")]
    private partial void LogFailed(Exception exception);
}
