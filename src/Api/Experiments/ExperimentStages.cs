using Npgsql;
using StableRep.Api.Jobs;
using StableRep.Data;
using StableRep.Data.Experiments;

namespace StableRep.Api.Experiments;

/// <summary>
/// Derives an active experiment's state from where its work stands. Whoever changes the work asks for it afterwards; the dispatcher asks for
/// all, so that a process that died in between is caught up with.
/// </summary>
internal sealed class ExperimentStages(NpgsqlDataSource source, ExperimentTransitions transitions)
{
    /// <summary>Brings every experiment up to date that wants a unit of work.</summary>
    public async Task AdvanceAsync(WorkUnit unit, CancellationToken cancellationToken)
    {
        foreach (var id in await IdsAsync(unit.Experiments + " ORDER BY 1", unit.Id, cancellationToken))
        {
            await AdvanceAsync(id, cancellationToken);
        }
    }

    /// <summary>Brings every active experiment up to date.</summary>
    public async Task AdvanceAllAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await IdsAsync($"SELECT id FROM app.experiments WHERE state IN {WorkUnit.Active} ORDER BY 1", null, cancellationToken))
        {
            await AdvanceAsync(id, cancellationToken);
        }
    }

    /// <summary>Brings one experiment up to date, if it is active.</summary>
    public async Task AdvanceAsync(Guid experimentId, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ReadAsync(connection, experimentId, cancellationToken) is var (state, work)
            && state.IsActive()
            && work.Target() is var (target, reason)
            && target != state)
        {
            await transitions.MoveAsync(connection, experimentId, state, target, reason, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }

    private static async Task<(ExperimentState State, WorkFacts Work)?> ReadAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using (var hold = new NpgsqlCommand("SELECT 1 FROM app.experiments WHERE id = $1 FOR UPDATE", connection))
        {
            hold.Parameters.Add(new() { Value = id });
            if (await hold.ExecuteScalarAsync(cancellationToken) is null)
            {
                return null;
            }
        }

        await using var command = new NpgsqlCommand(
            """
            SELECT e.state, e.training_state, e.training_failure, s.pending, s.running, s.done, s.failure, p.pending, p.running, p.done, p.failure
            FROM app.experiments e
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'pending')::int AS pending, count(*) FILTER (WHERE state = 'running')::int AS running,
                    count(*) FILTER (WHERE state = 'done')::int AS done, max(coalesce(failure, 'unknown')) FILTER (WHERE state = 'failed') AS failure
                FROM app.shards WHERE image_set_id = e.image_set_id AND NOT regenerates) s
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE state = 'pending')::int AS pending, count(*) FILTER (WHERE state = 'running')::int AS running,
                    count(*) FILTER (WHERE state = 'done')::int AS done, max(coalesce(failure, 'unknown')) FILTER (WHERE state = 'failed') AS failure
                FROM app.probes WHERE experiment_id = e.id) p
            WHERE e.id = $1
            """,
            connection);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (Enum.Parse<ExperimentState>(reader.GetString(0), ignoreCase: true), new WorkFacts(
            Enum.Parse<WorkState>(reader.GetString(1), ignoreCase: true),
            Text(2),
            new WorkCounts(reader.GetInt32(3), reader.GetInt32(4), reader.GetInt32(5), Text(6)),
            new WorkCounts(reader.GetInt32(7), reader.GetInt32(8), reader.GetInt32(9), Text(10))));

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    private async Task<List<Guid>> IdsAsync(string sql, Guid? unit, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        if (unit is { } id)
        {
            command.Parameters.Add(new() { Value = id });
        }

        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}

/// <summary>How many units of one kind of work are where, and why one failed.</summary>
internal readonly record struct WorkCounts(int Pending, int Running, int Done, string? Failure);

/// <summary>Where all work of one experiment stands.</summary>
internal sealed record WorkFacts(WorkState Training, string? TrainingFailure, WorkCounts Shards, WorkCounts Probes)
{
    /// <summary>The state that follows, and the reason for people.</summary>
    public (ExperimentState State, string? Reason) Target()
    {
        if (Shards.Failure is { } shard)
        {
            return (ExperimentState.Failed, "Generating images failed: " + shard);
        }

        if (Shards.Pending + Shards.Running > 0)
        {
            return (Shards.Running + Shards.Done > 0 ? ExperimentState.Generating : ExperimentState.Queued, null);
        }

        return Training switch
        {
            WorkState.Failed => (ExperimentState.Failed, "Training failed: " + TrainingFailure),
            WorkState.Running => (ExperimentState.Training, null),
            WorkState.Pending => (ExperimentState.Queued, null),
            _ when Probes.Running > 0 => (ExperimentState.Probing, null),
            _ when Probes.Pending > 0 => (Probes.Done > 0 ? ExperimentState.Probing : ExperimentState.Queued, null),
            _ when Probes.Failure is { } probe => (ExperimentState.Failed, "A probe failed: " + probe),
            _ => (ExperimentState.Done, null),
        };
    }
}
