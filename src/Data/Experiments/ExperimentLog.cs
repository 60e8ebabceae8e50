using System.Globalization;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using StableRep.Data.Metrics;

namespace StableRep.Data.Experiments;

/// <summary>
/// The append-only stream of an experiment's events and the upsert of its metric points, in one transaction each. The experiment's row is
/// locked while a batch commits, so that sequence numbers have no gaps and appear in order: a reader that has seen number n has seen all before.
/// </summary>
public sealed class ExperimentLog(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>The channel on which the number of a committed batch's last event is announced, as <c>experiment-id:sequence</c>.</summary>
    public const string Channel = "experiment_events";

    /// <summary>Appends events and points, and rings the doorbell.</summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="attempt">The training attempt that writes, or null for a writer that does not own the training.</param>
    /// <param name="events">The events, in order; may be empty.</param>
    /// <param name="points">The points, in order; of two with the same series and step the later one is kept.</param>
    /// <param name="cancellationToken">Cancels; then nothing is written.</param>
    /// <returns>The sequence number of the last event.</returns>
    /// <exception cref="FencedException">The experiment is gone, or <paramref name="attempt"/> is no longer its attempt. Nothing is written.</exception>
    public async Task<long> AppendAsync(
        Guid experimentId, int? attempt, IReadOnlyList<NewEvent> events, IReadOnlyList<MetricSample> points, CancellationToken cancellationToken = default)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var last = await AppendAsync(connection, experimentId, attempt, events, points, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return last;
    }

    /// <summary>Appends events and points inside the caller's transaction.</summary>
    /// <inheritdoc cref="AppendAsync(Guid, int?, IReadOnlyList{NewEvent}, IReadOnlyList{MetricSample}, CancellationToken)"/>
    public async Task<long> AppendAsync(
        NpgsqlConnection connection,
        Guid experimentId,
        int? attempt,
        IReadOnlyList<NewEvent> events,
        IReadOnlyList<MetricSample> points,
        CancellationToken cancellationToken = default)
    {
        var last = await AppendAsync(connection, experimentId, attempt, events, cancellationToken);
        if (points.Count > 0)
        {
            await UpsertAsync(connection, experimentId, points, cancellationToken);
        }

        return last;
    }

    /// <summary>Appends events inside the caller's transaction, so that they appear with what they tell of or not at all.</summary>
    /// <inheritdoc cref="AppendAsync(Guid, int?, IReadOnlyList{NewEvent}, IReadOnlyList{MetricSample}, CancellationToken)"/>
    public async Task<long> AppendAsync(
        NpgsqlConnection connection, Guid experimentId, int? attempt, IReadOnlyList<NewEvent> events, CancellationToken cancellationToken = default)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH head AS (
                UPDATE app.experiments SET last_sequence = last_sequence + cardinality($3)
                WHERE id = $1 AND ($2::int IS NULL OR attempt = $2)
                RETURNING last_sequence),
            added AS (
                INSERT INTO app.experiment_events (experiment_id, sequence, kind, payload, at)
                SELECT $1, head.last_sequence - cardinality($3) + e.number, e.kind, e.payload, $5
                FROM head CROSS JOIN unnest($3::text[], $4::jsonb[]) WITH ORDINALITY AS e(kind, payload, number))
            SELECT last_sequence, pg_notify($6, $1::text || ':' || last_sequence) FROM head
            """,
            connection);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = (object?)attempt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = events.Select(entry => entry.Kind).ToArray() });
        command.Parameters.Add(new() { Value = events.Select(entry => entry.Payload).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        command.Parameters.Add(new() { Value = Channel });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? reader.GetInt64(0)
            : throw new FencedException($"experiment {experimentId}", attempt ?? 0);
    }

    /// <summary>The events after a sequence number, in order.</summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="afterSequence">The last number already seen, 0 for none.</param>
    /// <param name="limit">The most events to read.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async IAsyncEnumerable<ExperimentEvent> ReadAsync(
        Guid experimentId, long afterSequence, int limit = 1000, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            "SELECT sequence, kind, payload, at FROM app.experiment_events WHERE experiment_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3");
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = afterSequence });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new ExperimentEvent
            {
                ExperimentId = experimentId,
                Sequence = reader.GetInt64(0),
                Kind = reader.GetString(1),
                Payload = reader.GetString(2),
                At = reader.GetFieldValue<DateTimeOffset>(3),
            };
        }
    }

    /// <summary>Reads what <see cref="Channel"/> announces.</summary>
    /// <exception cref="FormatException">The text is not <c>experiment-id:sequence</c>.</exception>
    public static (Guid ExperimentId, long Sequence) ParseNotice(string payload)
    {
        var colon = payload.IndexOf(':', StringComparison.Ordinal);
        return (Guid.Parse(payload.AsSpan(0, Math.Max(colon, 0))), long.Parse(payload.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private static async Task UpsertAsync(
        NpgsqlConnection connection, Guid experimentId, IReadOnlyList<MetricSample> points, CancellationToken cancellationToken)
    {
        // One statement may not touch a row twice.
        var latest = new Dictionary<(string, long), MetricSample>(points.Count);
        foreach (var point in points)
        {
            latest[(point.Series, point.Step)] = point;
        }

        var ids = await SeriesIdsAsync(connection, experimentId, [.. latest.Values.Select(point => point.Series).Distinct()], cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO app.metric_points (series_id, step, value, at)
            SELECT * FROM unnest($1::int[], $2::bigint[], $3::float8[], $4::timestamptz[])
            ON CONFLICT (series_id, step) DO UPDATE SET value = excluded.value, at = excluded.at
            """,
            connection);
        command.Parameters.Add(new() { Value = latest.Values.Select(point => ids[point.Series]).ToArray() });
        command.Parameters.Add(new() { Value = latest.Values.Select(point => point.Step).ToArray() });
        command.Parameters.Add(new() { Value = latest.Values.Select(point => point.Value).ToArray() });
        command.Parameters.Add(new() { Value = latest.Values.Select(point => point.At).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<Dictionary<string, int>> SeriesIdsAsync(
        NpgsqlConnection connection, Guid experimentId, string[] names, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("INSERT INTO app.metric_series (experiment_id, name) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING")
                {
                    Parameters = { new() { Value = experimentId }, new() { Value = names } },
                },
                new("SELECT name, id FROM app.metric_series WHERE experiment_id = $1 AND name = ANY($2)")
                {
                    Parameters = { new() { Value = experimentId }, new() { Value = names } },
                },
            },
        };
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids[reader.GetString(0)] = reader.GetInt32(1);
        }

        return ids;
    }
}
