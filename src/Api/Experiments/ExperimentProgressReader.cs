using System.Globalization;
using System.Text.Json;
using Npgsql;
using StableRep.Data;

namespace StableRep.Api.Experiments;

/// <summary>Reads how far experiments have come, from where their work stands and from what their workers told last.</summary>
public sealed class ExperimentProgressReader(NpgsqlDataSource source)
{
    /// <summary>The progress of one experiment, or null when there is no such experiment.</summary>
    public async Task<ExperimentProgress?> ReadAsync(Guid experimentId, CancellationToken cancellationToken = default) =>
        (await ReadAsync([experimentId], cancellationToken)).GetValueOrDefault(experimentId);

    /// <summary>The progress of several experiments, by their ids.</summary>
    public async Task<IReadOnlyDictionary<Guid, ExperimentProgress>> ReadAsync(IReadOnlyList<Guid> experimentIds, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT e.id, e.training_state, i.caption_count, (e.recipe->>'setsPerBatch')::int, (e.recipe->>'epochs')::float8,
                s.total * i.images_per_prompt, s.done * i.images_per_prompt, s.state, p.total, p.done, p.state, l.payload, i.images_per_prompt
            FROM app.experiments e JOIN app.image_sets i ON i.id = e.image_set_id
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(caption_count), 0)::bigint AS total, coalesce(sum(caption_count) FILTER (WHERE state = 'done'), 0)::bigint AS done,
                    CASE WHEN bool_or(state = 'failed') THEN 'failed' WHEN bool_and(state = 'done') THEN 'done'
                        WHEN bool_or(state IN ('running', 'done')) THEN 'running' ELSE 'pending' END AS state
                FROM app.shards WHERE image_set_id = i.id) s
            CROSS JOIN LATERAL (
                SELECT count(*) AS total, count(*) FILTER (WHERE state = 'done') AS done,
                    CASE WHEN bool_or(state = 'failed') THEN 'failed' WHEN bool_and(state = 'done') THEN 'done'
                        WHEN bool_or(state IN ('running', 'done')) THEN 'running' ELSE 'pending' END AS state
                FROM app.probes WHERE experiment_id = e.id) p
            LEFT JOIN LATERAL (
                SELECT payload FROM app.experiment_events WHERE experiment_id = e.id AND kind = 'progress' ORDER BY sequence DESC LIMIT 1) l ON true
            WHERE e.id = ANY($1)
            """);
        command.Parameters.Add(new() { Value = experimentIds.ToArray() });
        var result = new Dictionary<Guid, ExperimentProgress>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var told = reader.IsDBNull(11) ? null : JsonSerializer.Deserialize<ToldProgress>(reader.GetString(11), JsonSerializerOptions.Web);
            var id = reader.GetGuid(0);
            var stages = new List<StageProgress>
            {
                Generation(State(7), reader.GetInt64(5), reader.GetInt64(6), told),
                Training(State(1), Steps(reader.GetInt32(2), reader.GetInt32(3), reader.GetDouble(4)), told),
            };
            if (reader.GetInt64(8) > 0)
            {
                stages.Add(Probes(State(10), reader.GetInt64(8), reader.GetInt64(9), told));
            }

            result[id] = new ExperimentProgress(id, stages);
        }

        return result;

        WorkState State(int column) => Enum.Parse<WorkState>(reader.GetString(column), ignoreCase: true);
    }

    // The whole number of batches of an epoch times the epochs, as the trainer counts them.
    private static long Steps(int captions, int setsPerBatch, double epochs) =>
        setsPerBatch <= captions ? Math.Max(1, (long)Math.Round(epochs * (captions / setsPerBatch))) : 0;

    private static StageProgress Generation(WorkState state, long total, long done, ToldProgress? told) =>
        state == WorkState.Running && told is { Stage: "generate" } && told.Total == total
            ? new("generate", state, Math.Max(done, told.Done), total, "images", told.RemainingSeconds)
            : new("generate", state, done, total, "images", state == WorkState.Running && told is { Stage: "generate" } ? Scaled(told, total - done) : null);

    private static StageProgress Training(WorkState state, long steps, ToldProgress? told) => state switch
    {
        WorkState.Done => new("train", state, steps, steps, "steps"),
        _ when told is { Stage: "train" } => new("train", state, told.Done, told.Total, "steps", told.RemainingSeconds),
        _ => new("train", state, 0, steps, "steps"),
    };

    private static StageProgress Probes(WorkState state, long total, long done, ToldProgress? told) =>
        state == WorkState.Running && done < total && told is { Stage: "features" or "probe", Total: > 0 }
            ? new(
                "probe", state, done + (0.5 * told.Done / told.Total) + (told.Stage == "probe" ? 0.5 : 0), total, "probes", told.RemainingSeconds,
                string.Create(CultureInfo.InvariantCulture, $"{(told.Stage == "features" ? "encoding" : "classifying")}, {told.Done:N0} of {told.Total:N0} {told.Unit}"))
            : new("probe", state, done, total, "probes");

    private static double? Scaled(ToldProgress told, long left) =>
        told.RemainingSeconds is { } seconds && told.Total > told.Done ? seconds / (told.Total - told.Done) * left : null;

    private sealed record ToldProgress(string Stage, long Done, long Total, string Unit, double? RemainingSeconds);
}
