using Npgsql;
using StableRep.Api.Http;
using StableRep.Api.Live;

namespace StableRep.Api.Review;

/// <summary>
/// Has rejected images made again: from the caption's next noise, since the number of an image among those of its caption decides its noise,
/// in further shards of the set that the same workers make.
/// </summary>
public sealed class RegenerationService(NpgsqlDataSource source, ReviewQueries queries, ExperimentFeed feed, TimeProvider clock)
{
    private const int ImagesPerShard = 32;

    /// <summary>Asks for replacements. An image that is being replaced or was replaced already is passed over.</summary>
    /// <param name="setId">The image set.</param>
    /// <param name="imageIds">Rejected images, or null for all of the set.</param>
    /// <param name="requester">Who asks.</param>
    /// <param name="cancellationToken">Cancels; then nothing is asked for.</param>
    /// <returns>How many images will be made.</returns>
    /// <exception cref="MissingException">There is no such image set.</exception>
    /// <exception cref="ConflictException">An image is not rejected.</exception>
    public async Task<int> RegenerateAsync(Guid setId, IReadOnlyList<long>? imageIds, Guid requester, CancellationToken cancellationToken = default)
    {
        if (imageIds is not null)
        {
            new ReviewMarkChange { ImageIds = imageIds }.Check();
        }

        await queries.FindAsync(setId, cancellationToken);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);

        // Numbers of images and of shards are given one request after the other.
        await ExecuteAsync(connection, "SELECT 1 FROM app.image_sets WHERE id = $1 FOR UPDATE", [setId], cancellationToken);
        if (imageIds is not null)
        {
            await RequireRejectedAsync(connection, setId, [.. imageIds.Distinct()], cancellationToken);
        }

        var wishes = await WishesAsync(connection, setId, imageIds is null ? null : [.. imageIds.Distinct()], cancellationToken);
        foreach (var part in wishes.Chunk(ImagesPerShard))
        {
            await AddShardAsync(connection, setId, requester, part, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        if (wishes.Count > 0)
        {
            await new ReviewNotice(ReviewNotice.Images, requester, [.. wishes.Select(wish => wish.Caption).Distinct()]).PublishAsync(feed, setId);
        }

        return wishes.Count;
    }

    private static async Task RequireRejectedAsync(NpgsqlConnection connection, Guid setId, long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT count(*) FILTER (WHERE v.status = 'reject')::int, count(*)::int FROM ({ImageVerdicts.Of("i.id = ANY($2)")}) v", connection);
        Fill(command, setId, ids);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (reader.GetInt32(1) != ids.Length)
        {
            throw new InputException("imageIds", $"{ids.Length - reader.GetInt32(1)} of these images are not in image set {setId}.");
        }

        if (reader.GetInt32(0) != ids.Length)
        {
            throw new ConflictException($"{ids.Length - reader.GetInt32(0)} of these images are not rejected: only rejected images are replaced.");
        }
    }

    private static async Task<List<(long Replaces, int Caption, int Image)>> WishesAsync(
        NpgsqlConnection connection, Guid setId, long[]? ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT v.id, v.caption_index, (greatest(s.images_per_prompt - 1,
                (SELECT max(image_index) FROM app.images WHERE image_set_id = $1 AND caption_index = v.caption_index),
                (SELECT max(image_index) FROM app.regenerations WHERE image_set_id = $1 AND caption_index = v.caption_index))
                + row_number() OVER (PARTITION BY v.caption_index ORDER BY v.image_index))::int
            FROM ({ImageVerdicts.Of(ids is null ? "true" : "i.id = ANY($2)")}) v JOIN app.image_sets s ON s.id = $1
            WHERE v.status = 'reject' AND NOT EXISTS (SELECT FROM app.regenerations g WHERE g.replaces_id = v.id)
            ORDER BY v.caption_index, v.image_index
            """, connection);
        Fill(command, ids is null ? [setId] : [setId, ids]);
        var wishes = new List<(long, int, int)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            wishes.Add((reader.GetInt64(0), reader.GetInt32(1), reader.GetInt32(2)));
        }

        return wishes;
    }

    private async Task AddShardAsync(
        NpgsqlConnection connection, Guid setId, Guid requester, (long Replaces, int Caption, int Image)[] wishes, CancellationToken cancellationToken)
    {
        var shard = Guid.CreateVersion7(clock.GetUtcNow());
        await ExecuteAsync(
            connection,
            """
            INSERT INTO app.shards (id, image_set_id, index, first_caption, caption_count, regenerates, state, attempt, lost_count, length, seconds)
            SELECT $1, $2, coalesce(max(index), -1) + 1, $3, $4, true, 'pending', 0, 0, 0, 0 FROM app.shards WHERE image_set_id = $2
            """,
            [shard, setId, wishes[0].Caption, wishes[^1].Caption - wishes[0].Caption + 1],
            cancellationToken);
        await ExecuteAsync(
            connection,
            """
            INSERT INTO app.regenerations (replaces_id, image_set_id, caption_index, image_index, shard_id, requester_id, at)
            SELECT r, $1, c, i, $2, $3, $4 FROM unnest($5, $6, $7) AS w(r, c, i)
            """,
            [
                setId, shard, requester, clock.GetUtcNow(), wishes.Select(wish => wish.Replaces).ToArray(), wishes.Select(wish => wish.Caption).ToArray(),
                wishes.Select(wish => wish.Image).ToArray(),
            ],
            cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        Fill(command, values);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Fill(NpgsqlCommand command, params object[] values) =>
        command.Parameters.AddRange(Array.ConvertAll(values, value => new NpgsqlParameter { Value = value }));
}
