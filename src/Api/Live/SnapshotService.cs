using System.Data;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Live;

/// <summary>Reads where an experiment stands, all at one moment: what is in a snapshot is what the events up to its sequence number say.</summary>
public sealed class SnapshotService(NpgsqlDataSource source)
{
    /// <summary>Where an experiment stands now.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task<ExperimentSnapshot> GetAsync(Guid experimentId, CancellationToken cancellationToken = default)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var moment = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in Queries)
        {
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = experimentId } } });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            throw new MissingException("experiment", experimentId);
        }

        var standing = new ExperimentSnapshot
        {
            ExperimentId = experimentId,
            Name = reader.GetString(0),
            State = StoreNames.Parse<ExperimentState>(reader.GetString(1)),
            StateReason = reader.IsDBNull(2) ? null : reader.GetString(2),
            Sequence = reader.GetInt64(3),
            Images = reader.GetInt64(4),
            TotalImages = reader.GetInt64(5),
            Metrics = [],
            Probes = [],
        };
        await reader.NextResultAsync(cancellationToken);
        RawJson? progress = await reader.ReadAsync(cancellationToken) ? new RawJson(reader.GetString(0)) : null;
        await reader.NextResultAsync(cancellationToken);
        var metrics = new List<LastPoint>();
        while (await reader.ReadAsync(cancellationToken))
        {
            metrics.Add(new LastPoint(reader.GetString(0), reader.GetInt64(1), reader.GetDouble(2)));
        }

        await reader.NextResultAsync(cancellationToken);
        var probes = new List<ProbeStanding>();
        while (await reader.ReadAsync(cancellationToken))
        {
            probes.Add(new ProbeStanding(
                reader.GetGuid(0),
                StoreNames.Parse<ProbeKind>(reader.GetString(1)),
                reader.GetString(2),
                StoreNames.Parse<WorkState>(reader.GetString(3)),
                reader.IsDBNull(4) ? null : reader.GetDouble(4),
                reader.IsDBNull(5) ? null : reader.GetString(5)));
        }

        return standing with { Progress = progress, Metrics = metrics, Probes = probes };
    }

    private static readonly string[] Queries =
    [
        """
        SELECT e.name, e.state, e.state_reason, e.last_sequence,
            coalesce(sum(s.caption_count * i.images_per_prompt) FILTER (WHERE s.state = 'done'), 0)::bigint,
            coalesce(sum(s.caption_count * i.images_per_prompt), 0)::bigint
        FROM app.experiments e JOIN app.image_sets i ON i.id = e.image_set_id LEFT JOIN app.shards s ON s.image_set_id = i.id
        WHERE e.id = $1 GROUP BY e.id
        """,
        "SELECT payload FROM app.experiment_events WHERE experiment_id = $1 AND kind = 'progress' ORDER BY sequence DESC LIMIT 1",
        """
        SELECT s.name, p.step, p.value FROM app.metric_series s
        CROSS JOIN LATERAL (SELECT step, value FROM app.metric_points WHERE series_id = s.id ORDER BY step DESC LIMIT 1) p
        WHERE s.experiment_id = $1 ORDER BY s.name
        """,
        "SELECT id, kind, dataset, state, accuracy, failure FROM app.probes WHERE experiment_id = $1 ORDER BY id",
    ];
}
