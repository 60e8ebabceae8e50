using Npgsql;
using StableRep.Data.ImageSets;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>Turns one shard's progress into its image set's: with what is done, and with what other workers have in hand.</summary>
internal sealed class ShardProgress(Shard shard)
{
    private double? _secondsPerImage;

    /// <summary>Notes how many images of the shard are drawn, and counts those of the set.</summary>
    /// <param name="connection">A connection inside the transaction that holds the shard.</param>
    /// <param name="own">How far the shard has come.</param>
    public async Task<RunProgress> OfSetAsync(NpgsqlConnection connection, RunProgress own)
    {
        if (own.Remaining is { } remaining && own.Done < own.Total)
        {
            _secondsPerImage = remaining.TotalSeconds / (own.Total - own.Done);
        }

        await using var command = new NpgsqlCommand(
            """
            WITH own AS (UPDATE app.shards SET generated = $2 WHERE id = $1)
            SELECT sum(s.caption_count * i.images_per_prompt)::bigint,
                sum(CASE WHEN s.id = $1 THEN $2 WHEN s.state = 'done' THEN s.caption_count * i.images_per_prompt
                    WHEN s.state = 'running' THEN s.generated ELSE 0 END)::bigint,
                count(*) FILTER (WHERE s.state = 'running')::int
            FROM app.shards s JOIN app.image_sets i ON i.id = s.image_set_id WHERE s.image_set_id = $3 AND NOT s.regenerates
            """,
            connection);
        command.Parameters.Add(new() { Value = shard.Id });
        command.Parameters.Add(new() { Value = (int)own.Done });
        command.Parameters.Add(new() { Value = shard.ImageSetId });
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        var (total, done, workers) = (reader.GetInt64(0), reader.GetInt64(1), Math.Max(1, reader.GetInt32(2)));
        return own with
        {
            Done = done,
            Total = total,
            Remaining = _secondsPerImage is { } seconds ? TimeSpan.FromSeconds(seconds * (total - done) / workers) : null,
        };
    }
}
