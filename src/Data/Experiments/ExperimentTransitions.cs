using System.Text.Json;
using Npgsql;

namespace StableRep.Data.Experiments;

/// <summary>Changes experiments' states along the legal edges, each change with its event in one transaction.</summary>
public sealed class ExperimentTransitions(ExperimentLog log, TimeProvider clock)
{
    /// <summary>Takes an experiment from its state to another inside the caller's transaction, by way of other stages where it must.</summary>
    /// <param name="connection">The transaction's connection; it should hold the experiment's row.</param>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="from">The state in which it is.</param>
    /// <param name="to">The state in which it shall be.</param>
    /// <param name="reason">Why, for people; null when there is nothing to say.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="IllegalTransitionException">No legal way leads there, or the experiment is no longer in <paramref name="from"/>.</exception>
    public async Task MoveAsync(
        NpgsqlConnection connection, Guid experimentId, ExperimentState from, ExperimentState to, string? reason, CancellationToken cancellationToken = default)
    {
        var path = from.PathTo(to) ?? throw new IllegalTransitionException(experimentId, from, to);
        var events = new List<NewEvent>();
        foreach (var next in path)
        {
            await using var command = new NpgsqlCommand(
                """
                UPDATE app.experiments SET state = $3, state_reason = $4,
                    launched_at = CASE WHEN $3 = 'queued' THEN coalesce(launched_at, $5) ELSE launched_at END,
                    finished_at = CASE WHEN $3 IN ('done', 'failed', 'cancelled') THEN $5 END
                WHERE id = $1 AND state = $2
                """,
                connection);
            command.Parameters.Add(new() { Value = experimentId });
            command.Parameters.Add(new() { Value = ModelBuilderExtensions.Name(from) });
            command.Parameters.Add(new() { Value = ModelBuilderExtensions.Name(next) });
            command.Parameters.Add(new() { Value = (object?)Shorten(reason) ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            command.Parameters.Add(new() { Value = clock.GetUtcNow() });
            if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
            {
                throw new IllegalTransitionException(experimentId, from, to);
            }

            await TellWebhooksAsync(connection, experimentId, from, next, reason, cancellationToken);
            events.Add(new("state", JsonSerializer.Serialize(
                new { from = ModelBuilderExtensions.Name(from), to = ModelBuilderExtensions.Name(next), reason = Shorten(reason) }, JsonSerializerOptions.Web)));
            from = next;
        }

        await log.AppendAsync(connection, experimentId, null, events, cancellationToken);
    }

    private async Task TellWebhooksAsync(
        NpgsqlConnection connection, Guid experimentId, ExperimentState from, ExperimentState to, string? reason, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO app.webhook_deliveries (webhook_id, event, payload, state, attempts, next_attempt_at, created_at)
            SELECT w.id, $2, jsonb_build_object('event', $2, 'experimentId', e.id, 'name', e.name, 'from', $3::text, 'to', $4::text, 'reason', $5::text, 'at', $6),
                'pending', 0, $6, $6
            FROM app.webhooks w CROSS JOIN app.experiments e
            WHERE e.id = $1 AND w.active AND w.events && ARRAY[$2, '*']
            """,
            connection);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = "experiment." + ModelBuilderExtensions.Name(to) });
        command.Parameters.Add(new() { Value = ModelBuilderExtensions.Name(from) });
        command.Parameters.Add(new() { Value = ModelBuilderExtensions.Name(to) });
        command.Parameters.Add(new() { Value = (object?)Shorten(reason) ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string? Shorten(string? text) => text is { Length: > 4000 } ? text[..4000] : text;
}

/// <summary>An experiment may not go from its state to another one.</summary>
public sealed class IllegalTransitionException(Guid experimentId, ExperimentState from, ExperimentState to)
    : Exception($"Experiment {experimentId} is {ModelBuilderExtensions.Name(from)} and cannot become {ModelBuilderExtensions.Name(to)}.")
{
    /// <summary>The state in which it is.</summary>
    public ExperimentState From { get; } = from;

    /// <summary>The state that was asked for.</summary>
    public ExperimentState To { get; } = to;
}
