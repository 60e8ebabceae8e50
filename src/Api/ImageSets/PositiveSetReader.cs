using Npgsql;

namespace StableRep.Api.ImageSets;

/// <summary>Reads image sets caption by caption, as they grow.</summary>
public sealed class PositiveSetReader(NpgsqlDataSource source)
{
    /// <summary>The runs of captions whose images are there, the newest first.</summary>
    public async Task<IReadOnlyList<CaptionRun>> RunsAsync(Guid imageSetId, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            "SELECT first_caption, caption_count FROM app.shards WHERE image_set_id = $1 AND state = 'done' ORDER BY finished_at DESC, index DESC");
        command.Parameters.Add(new() { Value = imageSetId });
        var runs = new List<CaptionRun>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(new CaptionRun(reader.GetInt32(0), reader.GetInt32(1)));
        }

        return runs;
    }

    /// <summary>The positive sets of some captions, in the order in which they are asked for; a caption without images gives an empty set.</summary>
    /// <param name="imageSetId">The image set.</param>
    /// <param name="captions">The captions' indices.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<PositiveSet>> ReadAsync(Guid imageSetId, IReadOnlyList<int> captions, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT c.index, c.text, coalesce(array_agg(g.id ORDER BY g.image_index) FILTER (WHERE g.id IS NOT NULL), '{}')
            FROM app.image_sets s
            JOIN app.captions c ON c.caption_set_id = s.caption_set_id AND c.index = ANY($2)
            LEFT JOIN app.images g ON g.image_set_id = s.id AND g.caption_index = c.index
            WHERE s.id = $1 GROUP BY c.index, c.text
            """);
        command.Parameters.Add(new() { Value = imageSetId });
        command.Parameters.Add(new() { Value = captions.ToArray() });
        var sets = new Dictionary<int, PositiveSet>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            sets[reader.GetInt32(0)] = new PositiveSet(reader.GetInt32(0), reader.GetString(1), reader.GetFieldValue<long[]>(2));
        }

        return [.. captions.Where(sets.ContainsKey).Select(index => sets[index])];
    }

    /// <summary>The newest images of all sets, with their captions.</summary>
    public async Task<IReadOnlyList<NewImage>> NewestAsync(int count, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT g.id, c.text, g.image_set_id FROM (SELECT * FROM app.images ORDER BY id DESC LIMIT $1) g
            JOIN app.image_sets s ON s.id = g.image_set_id
            JOIN app.captions c ON c.caption_set_id = s.caption_set_id AND c.index = g.caption_index
            ORDER BY g.id DESC
            """);
        command.Parameters.Add(new() { Value = count });
        var images = new List<NewImage>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            images.Add(new NewImage(reader.GetInt64(0), reader.GetString(1), reader.GetGuid(2)));
        }

        return images;
    }
}

/// <summary>Neighbouring captions whose images were finished together.</summary>
/// <param name="First">The first caption's index.</param>
/// <param name="Count">The number of captions.</param>
public readonly record struct CaptionRun(int First, int Count);

/// <summary>The images of one caption: positives of each other.</summary>
/// <param name="CaptionIndex">The caption's number in its set.</param>
/// <param name="Caption">The caption.</param>
/// <param name="Images">The images' ids in the order of their numbers.</param>
public sealed record PositiveSet(int CaptionIndex, string Caption, IReadOnlyList<long> Images);

/// <summary>An image that was just made.</summary>
/// <param name="Id">The image.</param>
/// <param name="Caption">Its caption.</param>
/// <param name="ImageSetId">Its set.</param>
public sealed record NewImage(long Id, string Caption, Guid ImageSetId);
