using System.Runtime.CompilerServices;
using Npgsql;

namespace StableRep.Data.Metrics;

/// <summary>Reads curves, downsampled in the database to what a screen can show.</summary>
public sealed class MetricCurves(NpgsqlDataSource source)
{
    /// <summary>The names of an experiment's series, in order.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(Guid experimentId, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand("SELECT name FROM app.metric_series WHERE experiment_id = $1 ORDER BY name COLLATE \"C\"");
        command.Parameters.Add(new() { Value = experimentId });
        var names = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>
    /// The points from one step to another in at most <paramref name="buckets"/> buckets of equal numbers of steps. Where there are no
    /// more points than buckets each point is a bucket of its own. The same points always give the same buckets.
    /// </summary>
    /// <param name="experimentId">The experiment.</param>
    /// <param name="series">The series' name; an unknown one has no points.</param>
    /// <param name="buckets">The most buckets, from 1 to 100,000.</param>
    /// <param name="fromStep">The first step.</param>
    /// <param name="toStep">The last step.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="buckets"/> is out of range.</exception>
    public async Task<IReadOnlyList<MetricBucket>> BucketsAsync(
        Guid experimentId, string series, int buckets, long fromStep = 0, long toStep = long.MaxValue, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buckets, 100_000);

        // The last point of each bucket is looked up by its key: an ordered aggregate would sort the whole curve. The limit keeps the
        // planner from joining the curve with itself when it has no statistics yet.
        await using var command = source.CreateCommand(
            """
            WITH points AS MATERIALIZED (
                SELECT step, value FROM app.metric_points
                WHERE series_id = (SELECT id FROM app.metric_series WHERE experiment_id = $1 AND name = $2) AND step BETWEEN $4 AND $5),
            bounds AS MATERIALIZED (SELECT min(step) AS low, max(step) AS high, count(*) AS count FROM points),
            grouped AS (
                SELECT min(p.step) AS first_step, max(p.step) AS last_step, min(p.value) AS minimum, max(p.value) AS maximum, count(*) AS count
                FROM points p CROSS JOIN bounds b
                GROUP BY CASE WHEN b.count <= $3 THEN p.step ELSE floor((p.step - b.low)::float8 * $3 / (b.high - b.low + 1))::bigint END)
            SELECT g.first_step, g.last_step, g.minimum, g.maximum, l.value, g.count, l.at
            FROM grouped g CROSS JOIN LATERAL (
                SELECT value, at FROM app.metric_points
                WHERE series_id = (SELECT id FROM app.metric_series WHERE experiment_id = $1 AND name = $2) AND step = g.last_step LIMIT 1) l
            ORDER BY g.first_step
            """);
        foreach (object value in (object[])[experimentId, series, (long)buckets, fromStep, toStep])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var result = new List<MetricBucket>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            result.Add(new MetricBucket(
                reader.GetInt64(0), reader.GetInt64(1), reader.GetDouble(2), reader.GetDouble(3), reader.GetDouble(4), reader.GetInt64(5),
                reader.GetFieldValue<DateTimeOffset>(6)));
        }

        return result;
    }

    /// <summary>The highest of a series' points from one step to another, the first of several; null where there is none.</summary>
    public async Task<MetricSample?> HighestAsync(
        Guid experimentId, string series, long fromStep = 0, long toStep = long.MaxValue, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT step, value, at FROM app.metric_points
            WHERE series_id = (SELECT id FROM app.metric_series WHERE experiment_id = $1 AND name = $2) AND step BETWEEN $3 AND $4
            ORDER BY value DESC, step LIMIT 1
            """);
        foreach (object value in (object[])[experimentId, series, fromStep, toStep])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new MetricSample(series, reader.GetInt64(0), reader.GetDouble(1), reader.GetFieldValue<DateTimeOffset>(2))
            : null;
    }

    /// <summary>Every point of a series in the order of its steps, as a stream.</summary>
    public async IAsyncEnumerable<MetricSample> PointsAsync(
        Guid experimentId, string series, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT p.step, p.value, p.at FROM app.metric_points p JOIN app.metric_series s ON s.id = p.series_id
            WHERE s.experiment_id = $1 AND s.name = $2 ORDER BY p.step
            """);
        command.Parameters.Add(new() { Value = experimentId });
        command.Parameters.Add(new() { Value = series });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new MetricSample(series, reader.GetInt64(0), reader.GetDouble(1), reader.GetFieldValue<DateTimeOffset>(2));
        }
    }
}
