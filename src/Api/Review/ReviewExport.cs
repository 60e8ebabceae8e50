using System.Formats.Tar;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using StableRep.Data.Artifacts;
using StableRep.Engine.Images;

namespace StableRep.Api.Review;

/// <summary>Writes the accepted set and the marks of a review as files. In blind review hidden marks stay hidden here too.</summary>
public sealed class ReviewExport(NpgsqlDataSource source, ReviewQueries queries, IArtifactStore artifacts)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// Writes the accepted images as one WebDataset tar: each with its caption (<c>.txt</c>) and its record and marks (<c>.json</c>), in the
    /// order of captions. Nothing is held in memory but one image.
    /// </summary>
    /// <param name="setId">The image set.</param>
    /// <param name="viewer">Who asks.</param>
    /// <param name="approvedOnly">Only images that were approved; otherwise all that were not rejected.</param>
    /// <param name="target">Where to; need not seek.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The images written.</returns>
    /// <exception cref="Http.MissingException">There is no such image set.</exception>
    public async Task<int> WriteTarAsync(Guid setId, Guid viewer, bool approvedOnly, Stream target, CancellationToken cancellationToken = default)
    {
        var count = 0;
        await using var tar = new TarWriter(target, TarEntryFormat.Ustar, leaveOpen: true);
        await foreach (var image in ReadAsync(setId, viewer, cancellationToken))
        {
            if (approvedOnly ? image.Status != ReviewStatus.Approve : image.Status == ReviewStatus.Reject)
            {
                continue;
            }

            var key = ShardWriter.KeyOf(image.CaptionIndex, image.ImageIndex);
            await using var file = await artifacts.OpenAsync(image.Place.Key, image.Place.Offset, image.Place.Length, cancellationToken);
            using var bytes = new MemoryStream(image.Place.Length);
            await file.CopyToAsync(bytes, cancellationToken);
            await AddAsync(tar, $"{key}.png", bytes, cancellationToken);
            await AddAsync(tar, $"{key}.txt", Text(image.Caption), cancellationToken);
            await AddAsync(tar, $"{key}.json", Text(JsonSerializer.Serialize(image, Json)), cancellationToken);
            count++;
        }

        return count;
    }

    /// <summary>Writes every mark as a line of JSON.</summary>
    /// <inheritdoc cref="WriteCsvAsync"/>
    public async Task WriteJsonLinesAsync(Guid setId, Guid viewer, Stream target, CancellationToken cancellationToken = default)
    {
        await using var writer = new StreamWriter(target, leaveOpen: true) { NewLine = "\n" };
        await foreach (var (image, mark) in MarksAsync(setId, viewer, cancellationToken))
        {
            await writer.WriteLineAsync(JsonSerializer.Serialize(new { image.Id, image.CaptionIndex, image.ImageIndex, image.Caption, image.Status, mark }, Json).AsMemory(), cancellationToken);
        }
    }

    /// <summary>Writes every mark as a line of a table.</summary>
    /// <param name="setId">The image set.</param>
    /// <param name="viewer">Who asks.</param>
    /// <param name="target">Where to; need not seek.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="Http.MissingException">There is no such image set.</exception>
    public async Task WriteCsvAsync(Guid setId, Guid viewer, Stream target, CancellationToken cancellationToken = default)
    {
        await using var writer = new StreamWriter(target, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync("image_id,caption_index,image_index,caption,status,reviewer,verdict,rating,tags,comment,at");
        await foreach (var (image, mark) in MarksAsync(setId, viewer, cancellationToken))
        {
            await writer.WriteLineAsync(string.Join(',', (string[])
                [
                    Number(image.Id), Number(image.CaptionIndex), Number(image.ImageIndex), Field(image.Caption), Hosting.StoreNames.Of(image.Status),
                    Field(mark.Reviewer), mark.Verdict ?? "", mark.Rating is { } rating ? Number(rating) : "", Field(string.Join(' ', mark.Tags)),
                    Field(mark.Comment), mark.At.ToString("O", CultureInfo.InvariantCulture),
                ]).AsMemory(), cancellationToken);
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    // Captions, names and comments are people's text: a spreadsheet must not take one for a formula.
    private static string Field(string text) =>
        $"\"{(text.Length > 0 && "=+-@\t\r".Contains(text[0], StringComparison.Ordinal) ? "'" : "")}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static MemoryStream Text(string text) => new(System.Text.Encoding.UTF8.GetBytes(text));

    private static async Task AddAsync(TarWriter tar, string name, MemoryStream content, CancellationToken cancellationToken)
    {
        content.Position = 0;
        await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content }, cancellationToken);
    }

    private async IAsyncEnumerable<(ExportedImage Image, ExportedMark Mark)> MarksAsync(
        Guid setId, Guid viewer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var image in ReadAsync(setId, viewer, cancellationToken))
        {
            foreach (var mark in image.Marks)
            {
                yield return (image, mark);
            }
        }
    }

    private async IAsyncEnumerable<ExportedImage> ReadAsync(Guid setId, Guid viewer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var set = await queries.FindAsync(setId, cancellationToken);
        await using var command = source.CreateCommand(
            $"""
            SELECT v.id, v.caption_index, v.image_index, c.text, v.status, i.seed, i.replaces_id, s.artifact_key, i."offset", i.length, coalesce(
                (SELECT jsonb_agg(jsonb_build_object('reviewer', u.display_name, 'verdict', m.verdict, 'rating', m.rating, 'tags', m.tags,
                    'comment', m.comment, 'at', m.at) ORDER BY m.at, m.reviewer_id)
                FROM app.review_marks m JOIN app.users u ON u.id = m.reviewer_id WHERE m.image_id = v.id AND {ImageVerdicts.Visible("$2")}), '[]')
            FROM ({ImageVerdicts.Of()}) v JOIN app.images i ON i.id = v.id JOIN app.shards s ON s.id = i.shard_id
            JOIN app.captions c ON c.caption_set_id = $3 AND c.index = v.caption_index
            ORDER BY v.caption_index, v.image_index
            """);
        foreach (var value in (object[])[setId, viewer, set.CaptionSetId])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return new ExportedImage(
                reader.GetInt64(0), reader.GetInt32(1), reader.GetInt32(2), reader.GetString(3), ReviewQueries.Status(reader.GetString(4)), reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetInt64(6), JsonSerializer.Deserialize<IReadOnlyList<ExportedMark>>(reader.GetString(10), Json)!)
            {
                Place = (reader.GetString(7), reader.GetInt64(8), reader.GetInt32(9)),
            };
        }
    }

    private sealed record ExportedImage(
        long Id, int CaptionIndex, int ImageIndex, string Caption, ReviewStatus Status, long Seed, long? ReplacesId, IReadOnlyList<ExportedMark> Marks)
    {
        [JsonIgnore]
        public (string Key, long Offset, int Length) Place { get; init; }
    }

    private sealed record ExportedMark(string Reviewer, string? Verdict, int? Rating, IReadOnlyList<string> Tags, string Comment, DateTimeOffset At);
}
