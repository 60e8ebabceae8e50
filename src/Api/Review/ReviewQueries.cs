using Npgsql;
using StableRep.Api.Http;

namespace StableRep.Api.Review;

/// <summary>What reviewers see: windows of positive sets, counts and agreement. Each answer depends on who asks, since in blind review others' marks are hidden.</summary>
public sealed class ReviewQueries(NpgsqlDataSource source)
{
    /// <summary>The most rows of one window.</summary>
    public const int LongestWindow = 500;

    /// <summary>
    /// The captions that a filter shows, in its order; null says all of them, in theirs. A view is a snapshot: rows do not slip away under the
    /// reviewer's hands when a mark makes them miss the filter, and any window of it is one keyed read.
    /// </summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    /// <exception cref="InputException">A value of the filter is out of range.</exception>
    public async Task<int[]?> ViewAsync(Guid setId, Guid viewer, ReviewFilter filter, CancellationToken cancellationToken = default)
    {
        filter.Check();
        var set = await FindAsync(setId, cancellationToken);
        if (filter.IsAll)
        {
            return null;
        }

        var (text, values) = ReviewView.Query(filter, setId, set.CaptionSetId, set.Captions, viewer);
        await using var command = source.CreateCommand(text);
        command.Parameters.AddRange(values.Parameters.ToArray());
        var view = new List<int>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            view.Add(reader.GetInt32(0));
        }

        return [.. view];
    }

    /// <summary>The positive sets of some captions, in the order asked for; captions that the image set does not use are left out.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    /// <exception cref="InputException">More than <see cref="LongestWindow"/> are asked for.</exception>
    public async Task<IReadOnlyList<ReviewRow>> RowsAsync(
        Guid setId, Guid viewer, IReadOnlyList<int> captions, CancellationToken cancellationToken = default)
    {
        if (captions.Count > LongestWindow)
        {
            throw new InputException("captions", $"Ask for at most {LongestWindow} rows at once.");
        }

        var set = await FindAsync(setId, cancellationToken);
        int[] wanted = [.. captions.Where(caption => caption >= 0 && caption < set.Captions).Distinct()];
        if (wanted.Length == 0)
        {
            return [];
        }

        var images = ImageVerdicts.Of("i.caption_index = ANY($2)");
        await using var batch = source.CreateBatch();
        void Add(string sql, params object[] values)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
            batch.BatchCommands.Add(command);
        }

        Add("""
            SELECT c.index, c.text, d.diversity FROM app.captions c
            LEFT JOIN app.positive_set_measures d ON d.image_set_id = $1 AND d.caption_index = c.index
            WHERE c.caption_set_id = $3 AND c.index = ANY($2)
            """, setId, wanted, set.CaptionSetId);
        Add("""
            SELECT c, a.reviewer_id FROM unnest($2) AS c JOIN app.review_assignments a
            ON a.image_set_id = $1 AND c >= a.first_caption AND c < a.first_caption + a.caption_count GROUP BY c, a.reviewer_id
            """, setId, wanted);
        Add($"""
            SELECT m.image_id, m.reviewer_id, m.verdict, m.rating, m.tags, m.comment FROM ({images}) v
            JOIN app.review_marks m ON m.image_id = v.id WHERE {ImageVerdicts.Visible("$3")} ORDER BY m.reviewer_id <> $3, m.at, m.reviewer_id
            """, setId, wanted, viewer);
        Add($"""
            SELECT v.caption_index, v.id, v.image_index, i.replaces_id, v.status, v.resolved, v.disputed,
                EXISTS (SELECT FROM app.regenerations g WHERE g.replaces_id = v.id
                    AND NOT EXISTS (SELECT FROM app.images n WHERE n.image_set_id = $1 AND n.caption_index = g.caption_index AND n.image_index = g.image_index)),
                v.blind, v.verdicts
            FROM ({images}) v JOIN app.images i ON i.id = v.id ORDER BY v.caption_index, v.image_index
            """, setId, wanted);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = await ReadAsync(reader, cancellationToken);
        return [.. wanted.Where(rows.ContainsKey).Select(caption => rows[caption])];
    }

    /// <summary>How far the review is.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    public async Task<ReviewSummary> SummaryAsync(Guid setId, Guid viewer, CancellationToken cancellationToken = default)
    {
        var set = await FindAsync(setId, cancellationToken);
        await using var batch = source.CreateBatch();
        foreach (var sql in (string[])
            [
                $"""
                SELECT v.status, count(*)::int, count(*) FILTER (WHERE v.disputed)::int,
                    count(*) FILTER (WHERE v.status = 'reject' AND NOT EXISTS (SELECT FROM app.regenerations g WHERE g.replaces_id = v.id))::int
                FROM ({ImageVerdicts.Of()}) v GROUP BY v.status
                """,
                """
                SELECT m.reviewer_id, count(*)::int FROM app.review_marks m JOIN app.images i ON i.id = m.image_id
                WHERE i.image_set_id = $1 AND m.verdict IS NOT NULL GROUP BY m.reviewer_id ORDER BY 2 DESC, 1
                """,
                "SELECT count(*)::int FROM app.regenerations g JOIN app.shards s ON s.id = g.shard_id WHERE g.image_set_id = $1 AND s.state IN ('pending', 'running')",
            ])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = setId } } });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            $"""
            SELECT t FROM app.review_marks m JOIN ({ImageVerdicts.Of("EXISTS (SELECT FROM app.review_marks t WHERE t.image_id = i.id AND t.tags <> '{}')")}) v
            ON v.id = m.image_id CROSS JOIN unnest(m.tags) t WHERE {ImageVerdicts.Visible("$2")} GROUP BY t ORDER BY count(*) DESC, t LIMIT 50
            """)
        { Parameters = { new() { Value = setId }, new() { Value = viewer } } });
        var statuses = Enum.GetValues<ReviewStatus>().ToDictionary(status => status, _ => 0);
        var (disputed, replaceable, reviewers, tags) = (0, 0, new List<ReviewerProgress>(), new List<string>());
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            statuses[Status(reader.GetString(0))] = reader.GetInt32(1);
            disputed += reader.GetInt32(2);
            replaceable += reader.GetInt32(3);
        }

        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            reviewers.Add(new ReviewerProgress(reader.GetGuid(0), reader.GetInt32(1)));
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var regenerating = reader.GetInt32(0);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            tags.Add(reader.GetString(0));
        }

        return new ReviewSummary
        {
            Captions = set.Captions,
            Images = statuses.Values.Sum(),
            Statuses = statuses,
            Disputed = disputed,
            Replaceable = replaceable,
            Regenerating = regenerating,
            Blind = set.Blind,
            Reviewers = reviewers,
            Tags = tags,
        };
    }

    /// <summary>How far each pair of reviewers agrees, over the images that both judged. In blind review these are known to both.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    public async Task<IReadOnlyList<ReviewAgreement>> AgreementAsync(Guid setId, CancellationToken cancellationToken = default)
    {
        await FindAsync(setId, cancellationToken);
        await using var command = source.CreateCommand(
            """
            SELECT a.reviewer_id, b.reviewer_id, a.verdict, b.verdict, count(*)::int FROM app.images i
            JOIN app.review_marks a ON a.image_id = i.id JOIN app.review_marks b ON b.image_id = i.id AND b.reviewer_id > a.reviewer_id
            WHERE i.image_set_id = $1 AND a.verdict IS NOT NULL AND b.verdict IS NOT NULL GROUP BY 1, 2, 3, 4
            """);
        command.Parameters.Add(new() { Value = setId });
        var pairs = new List<(Guid First, Guid Second, string OfFirst, string OfSecond, int Count)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            pairs.Add((reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2), reader.GetString(3), reader.GetInt32(4)));
        }

        return
        [
            .. pairs.GroupBy(pair => (pair.First, pair.Second))
                .Select(group => new ReviewAgreement(
                    group.Key.First, group.Key.Second, CohensKappa.Of([.. group.Select(pair => (pair.OfFirst, pair.OfSecond, pair.Count))])))
                .OrderByDescending(pair => pair.Agreement.Count),
        ];
    }

    /// <summary>The image sets that have images, the newest first, with the progress of their review.</summary>
    public async Task<IReadOnlyList<ReviewSet>> ListAsync(Guid viewer, int count = 200, CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand(
            """
            SELECT s.id, c.name, g.name, s.guidance_scale, s.images_per_prompt, s.caption_count, n.images, r.judged, r.mine, coalesce(a.captions, 0),
                coalesce(t.blind, false), s.created_at, ARRAY(SELECT id FROM app.images WHERE image_set_id = s.id ORDER BY caption_index, image_index LIMIT 6)
            FROM (SELECT * FROM app.image_sets ORDER BY created_at DESC, id LIMIT $2) s
            JOIN app.caption_sets c ON c.id = s.caption_set_id JOIN app.generators g ON g.id = s.generator_id
            LEFT JOIN app.review_settings t ON t.image_set_id = s.id
            CROSS JOIN LATERAL (SELECT count(*)::int AS images FROM app.images WHERE image_set_id = s.id) n
            CROSS JOIN LATERAL (
                SELECT count(DISTINCT m.image_id)::int AS judged, count(*) FILTER (WHERE m.reviewer_id = $1)::int AS mine
                FROM app.review_marks m JOIN app.images i ON i.id = m.image_id WHERE i.image_set_id = s.id AND m.verdict IS NOT NULL) r
            CROSS JOIN LATERAL (
                SELECT sum(caption_count)::int AS captions FROM app.review_assignments WHERE image_set_id = s.id AND reviewer_id = $1) a
            WHERE n.images > 0 ORDER BY s.created_at DESC, s.id
            """);
        command.Parameters.Add(new() { Value = viewer });
        command.Parameters.Add(new() { Value = count });
        var sets = new List<ReviewSet>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            sets.Add(new ReviewSet(
                reader.GetGuid(0), reader.GetString(1), reader.GetString(2), reader.GetDouble(3), reader.GetInt32(4), reader.GetInt32(5), reader.GetInt32(6),
                reader.GetInt32(7), reader.GetInt32(8), reader.GetInt32(9), reader.GetBoolean(10), reader.GetFieldValue<DateTimeOffset>(11),
                reader.GetFieldValue<long[]>(12)));
        }

        return sets;
    }

    /// <summary>Everybody who may review, by name.</summary>
    public async Task<IReadOnlyList<ReviewPerson>> PeopleAsync(CancellationToken cancellationToken = default)
    {
        await using var command = source.CreateCommand("SELECT id, display_name FROM app.users ORDER BY display_name, id");
        var people = new List<ReviewPerson>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            people.Add(new ReviewPerson(reader.GetGuid(0), reader.GetString(1)));
        }

        return people;
    }

    /// <summary>An image set's captions and whether it is reviewed blind.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    internal async Task<(Guid CaptionSetId, int Captions, bool Blind)> FindAsync(Guid setId, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            SELECT s.caption_set_id, s.caption_count, coalesce(t.blind, false) FROM app.image_sets s
            LEFT JOIN app.review_settings t ON t.image_set_id = s.id WHERE s.id = $1
            """);
        command.Parameters.Add(new() { Value = setId });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? (reader.GetGuid(0), reader.GetInt32(1), reader.GetBoolean(2))
            : throw new MissingException("image set", setId);
    }

    internal static ReviewStatus Status(string name) => Enum.Parse<ReviewStatus>(name, ignoreCase: true);

    private static async Task<Dictionary<int, ReviewRow>> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var captions = new List<(int Caption, string Text, double? Diversity)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            captions.Add((reader.GetInt32(0), reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetDouble(2)));
        }

        await reader.NextResultAsync(cancellationToken);
        var assigned = new List<(int Caption, Guid Reviewer)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            assigned.Add((reader.GetInt32(0), reader.GetGuid(1)));
        }

        await reader.NextResultAsync(cancellationToken);
        var marks = new List<(long Image, ReviewMarkView Mark)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            marks.Add((reader.GetInt64(0), new ReviewMarkView(
                reader.GetGuid(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetInt32(3),
                reader.GetFieldValue<string[]>(4), reader.GetString(5))));
        }

        await reader.NextResultAsync(cancellationToken);
        var marksOf = marks.ToLookup(entry => entry.Image, entry => entry.Mark);
        var images = new List<(int Caption, ReviewImage Image)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var id = reader.GetInt64(1);
            ReviewMarkView[] visible = [.. marksOf[id]];
            images.Add((reader.GetInt32(0), new ReviewImage(
                id, reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetInt64(3), Status(reader.GetString(4)), reader.GetBoolean(5),
                reader.GetBoolean(6), reader.GetBoolean(7), visible, reader.GetInt32(9) - visible.Count(mark => mark.Verdict is not null))));
        }

        var imagesOf = images.ToLookup(entry => entry.Caption, entry => entry.Image);
        var assignedTo = assigned.ToLookup(entry => entry.Caption, entry => entry.Reviewer);
        return captions.ToDictionary(
            row => row.Caption, row => new ReviewRow(row.Caption, row.Text, row.Diversity, [.. assignedTo[row.Caption]], [.. imagesOf[row.Caption]]));
    }
}
