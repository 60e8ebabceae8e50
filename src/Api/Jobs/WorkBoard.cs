using Npgsql;
using StableRep.Data;
using StableRep.Data.Experiments;

namespace StableRep.Api.Jobs;

/// <summary>What the studio's workers have before them, as the store has it: the queue's own tables are only hints.</summary>
public sealed class WorkBoard(NpgsqlDataSource source)
{
    /// <summary>The most units of one state that are listed.</summary>
    public const int Most = 100;

    /// <summary>What waits, runs and has failed, of experiments that are under way or failed.</summary>
    public async Task<WorkOverview> ReadAsync(CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            $"""
            WITH wanted AS (SELECT * FROM app.experiments WHERE state IN {WorkUnit.Active} OR state = 'failed'),
            units AS (
                SELECT DISTINCT ON (s.id) 'shard' AS kind, s.id, s.state, s.attempt, s.lost_count, s.failure, e.id AS experiment_id, e.name, e.state AS experiment_state,
                    e.priority, e.launched_at, s.index, 'shard ' || (s.index + 1) AS what
                FROM wanted e JOIN app.shards s ON s.image_set_id = e.image_set_id WHERE s.state <> 'done' ORDER BY s.id, e.priority DESC, e.launched_at),
            every AS (
                SELECT * FROM units
                UNION ALL
                SELECT 'training', e.id, e.training_state, e.attempt, e.lost_count, e.training_failure, e.id, e.name, e.state, e.priority, e.launched_at, 0, 'training'
                FROM wanted e WHERE e.training_state <> 'done'
                UNION ALL
                SELECT 'probe', p.id, p.state, p.attempt, p.lost_count, p.failure, e.id, e.name, e.state, e.priority, e.launched_at, 0, p.kind || ' probe on ' || p.dataset
                FROM wanted e JOIN app.probes p ON p.experiment_id = e.id WHERE p.state <> 'done'),
            counted AS (
                SELECT *, count(*) OVER (PARTITION BY state) AS total, row_number() OVER (PARTITION BY state ORDER BY priority DESC, launched_at, kind = 'probe', kind = 'training', index, id) AS number
                FROM every WHERE state <> 'pending' OR experiment_state <> 'failed')
            SELECT kind, id, state, attempt, lost_count, failure, experiment_id, name, experiment_state, what, total FROM counted WHERE number <= $1 ORDER BY number
            """);
        command.Parameters.Add(new() { Value = Most });
        var items = new List<WorkItem>();
        var totals = new Dictionary<WorkState, long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var state = Enum.Parse<WorkState>(reader.GetString(2), ignoreCase: true);
            totals[state] = reader.GetInt64(10);
            items.Add(new WorkItem(
                reader.GetString(0), reader.GetGuid(1), reader.GetString(9), state, reader.GetInt32(3), reader.GetInt32(4),
                reader.IsDBNull(5) ? null : reader.GetString(5), reader.GetGuid(6), reader.GetString(7), Enum.Parse<ExperimentState>(reader.GetString(8), ignoreCase: true)));
        }

        return new WorkOverview(items, totals);
    }
}

/// <summary>One unit of work.</summary>
/// <param name="Kind"><c>shard</c>, <c>training</c> or <c>probe</c>.</param>
/// <param name="Id">The shard's, the experiment's or the probe's id.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">How often a worker took it.</param>
/// <param name="LostCount">How often a worker was lost in the middle of it.</param>
/// <param name="Failure">Why it failed, or why it was given back the last time.</param>
/// <param name="ExperimentId">An experiment that wants it.</param>
/// <param name="ExperimentName">That experiment's name.</param>
/// <param name="ExperimentState">Where that experiment stands.</param>
public sealed record WorkItem(
    string Kind, Guid Id, string What, WorkState State, int Attempt, int LostCount, string? Failure, Guid ExperimentId, string ExperimentName, ExperimentState ExperimentState);

/// <summary>The work that is not done.</summary>
/// <param name="Items">At most <see cref="WorkBoard.Most"/> of each state, those whose turn comes first before others.</param>
/// <param name="Totals">How many there are of each state.</param>
public sealed record WorkOverview(IReadOnlyList<WorkItem> Items, IReadOnlyDictionary<WorkState, long> Totals)
{
    /// <summary>The units of a state.</summary>
    public IReadOnlyList<WorkItem> Of(WorkState state) => [.. Items.Where(item => item.State == state)];

    /// <summary>How many there are of a state.</summary>
    public long Count(WorkState state) => Totals.GetValueOrDefault(state);
}
