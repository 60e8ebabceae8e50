using System.Text.Json;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Http;
using StableRep.Data;

namespace StableRep.Api.Jobs;

/// <summary>Shows what waits and runs, and who is at work.</summary>
public sealed class JobBoard(NpgsqlDataSource source, IDbContextFactory<StudioDbContext> stores, JobStorage storage, TimeProvider clock)
{
    /// <summary>The most units that are listed.</summary>
    public const int Most = 1000;

    private static readonly string[] States = ["pending", "running", "failed"];

    // Heartbeats come every few seconds: whoever missed several is gone.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    /// <summary>The work of active experiments: shards, trainings and probes, those at work first, then in the order of priority and launch.</summary>
    /// <param name="state"><c>pending</c>, <c>running</c> or <c>failed</c>, or null for the first two.</param>
    /// <param name="limit">The most units, from 1 to <see cref="Most"/>.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="InputException">The state or the limit is none.</exception>
    public async Task<IReadOnlyList<JobView>> ListAsync(string? state = null, int limit = 200, CancellationToken cancellationToken = default)
    {
        if (state is not null && !States.Contains(state))
        {
            throw new InputException("state", $"The state must be one of {string.Join(", ", States)}.");
        }

        if (limit is < 1 or > Most)
        {
            throw new InputException("limit", $"The limit must be from 1 to {Most}.");
        }

        await using var command = source.CreateCommand(
            """
            WITH units AS (
                SELECT 'shard' AS kind, s.id, s.state, s.attempt, s.lost_count, s.failure, e.id AS experiment_id, e.name, e.state AS stage, e.priority, e.launched_at, s.index
                FROM app.shards s JOIN LATERAL (
                    SELECT * FROM app.experiments x WHERE x.image_set_id = s.image_set_id AND x.state <> 'draft' ORDER BY x.priority DESC, x.launched_at LIMIT 1) e ON true
                UNION ALL
                SELECT 'training', id, training_state, attempt, lost_count, training_failure, id, name, state, priority, launched_at, 0 FROM app.experiments WHERE state <> 'draft'
                UNION ALL
                SELECT 'probe', p.id, p.state, p.attempt, p.lost_count, p.failure, e.id, e.name, e.state, e.priority, e.launched_at, 0
                FROM app.probes p JOIN app.experiments e ON e.id = p.experiment_id WHERE e.state <> 'draft')
            SELECT kind, id, state, attempt, lost_count, failure, experiment_id, name FROM units
            WHERE state = ANY($1) AND (state IN ('running', 'failed') OR stage IN ('queued', 'generating', 'training', 'probing'))
            ORDER BY state = 'running' DESC, priority DESC, launched_at, kind = 'probe', kind = 'training', index, id LIMIT $2
            """);
        command.Parameters.Add(new() { Value = state is null ? ["pending", "running"] : new[] { state } });
        command.Parameters.Add(new() { Value = limit });
        var jobs = new List<JobView>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            jobs.Add(new JobView(
                reader.GetString(0), reader.GetGuid(1), reader.GetString(2), reader.GetInt32(3), reader.GetInt32(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.GetGuid(6), reader.GetString(7)));
        }

        return jobs;
    }

    /// <summary>The queue's own numbers: what is handed out, and the workers that take it.</summary>
    public QueueView Queue()
    {
        var monitor = storage.GetMonitoringApi();
        var numbers = monitor.GetStatistics();
        return new QueueView(
            numbers.Enqueued, numbers.Processing, numbers.Succeeded, numbers.Failed,
            [.. monitor.Servers().Select(server => new QueueServerView(server.Name, [.. server.Queues], server.WorkersCount, server.StartedAt, server.Heartbeat))]);
    }

    /// <summary>The nodes that were heard of, those at work first.</summary>
    public async Task<IReadOnlyList<NodeView>> NodesAsync(CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var since = clock.GetUtcNow() - Silence;
        return [.. (await store.Nodes.AsNoTracking().OrderByDescending(node => node.HeartbeatAt).Take(Most).ToListAsync(cancellationToken)).Select(node =>
        {
            using var devices = JsonDocument.Parse(node.Devices);
            return new NodeView(node.Id, node.Name, node.Roles, devices.RootElement.Clone(), node.StartedAt, node.HeartbeatAt, node.HeartbeatAt >= since);
        })];
    }
}

/// <summary>A unit of work.</summary>
/// <param name="Kind"><c>shard</c>, <c>training</c> or <c>probe</c>.</param>
/// <param name="Id">The shard's, experiment's or probe's id.</param>
/// <param name="State"><c>pending</c>, <c>running</c> or <c>failed</c>.</param>
/// <param name="Attempt">How often a worker took it.</param>
/// <param name="LostCount">How often its worker was lost.</param>
/// <param name="Failure">Why it failed, or what was wrong the last time; or null.</param>
/// <param name="ExperimentId">The experiment that it is done for first.</param>
/// <param name="Experiment">The experiment's name.</param>
public sealed record JobView(string Kind, Guid Id, string State, int Attempt, int LostCount, string? Failure, Guid ExperimentId, string Experiment);

/// <summary>The job queue.</summary>
/// <param name="Enqueued">Jobs that wait for a worker.</param>
/// <param name="Processing">Jobs at work.</param>
/// <param name="Succeeded">Jobs that were done.</param>
/// <param name="Failed">Jobs that failed.</param>
/// <param name="Servers">Who takes jobs.</param>
public sealed record QueueView(long Enqueued, long Processing, long Succeeded, long Failed, IReadOnlyList<QueueServerView> Servers);

/// <summary>Who takes jobs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Queues">From which queues.</param>
/// <param name="Workers">How many at once.</param>
/// <param name="StartedAt">Since when.</param>
/// <param name="HeartbeatAt">When it was last heard of, or null.</param>
public sealed record QueueServerView(string Name, IReadOnlyList<string> Queues, int Workers, DateTime StartedAt, DateTime? HeartbeatAt);

/// <summary>A node.</summary>
/// <param name="Id">Its id, new at each start.</param>
/// <param name="Name">The machine's name and the process number.</param>
/// <param name="Roles"><c>web</c>, <c>worker</c>.</param>
/// <param name="Devices">Its devices and how much they are used.</param>
/// <param name="StartedAt">When it started.</param>
/// <param name="HeartbeatAt">When it was last heard of.</param>
/// <param name="IsAlive">Whether that is recent.</param>
public sealed record NodeView(Guid Id, string Name, IReadOnlyList<string> Roles, JsonElement Devices, DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt, bool IsAlive);
