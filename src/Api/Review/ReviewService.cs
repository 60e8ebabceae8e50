using System.Data;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Data;
using StableRep.Data.Review;

namespace StableRep.Api.Review;

/// <summary>Everything that people do in a review. Pages and the API call the same methods.</summary>
public sealed class ReviewService(
    NpgsqlDataSource source, IDbContextFactory<StudioDbContext> stores, ReviewQueries queries, ExperimentFeed feed, TimeProvider clock)
{
    private const int MostAssignments = 1000;

    /// <summary>Changes a reviewer's marks of images, all or none, as one step that <see cref="UndoAsync"/> takes back.</summary>
    /// <returns>The captions whose images changed.</returns>
    /// <exception cref="MissingException">There is no such image set.</exception>
    /// <exception cref="InputException">A value is out of range, or an image is not of this set.</exception>
    public async Task<IReadOnlyList<int>> MarkAsync(Guid setId, Guid reviewer, ReviewMarkChange change, CancellationToken cancellationToken = default)
    {
        change.Check();
        await queries.FindAsync(setId, cancellationToken);
        long[] ids = [.. change.ImageIds.Distinct()];
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await HoldAsync(connection, setId, reviewer, cancellationToken);
        var captions = await CaptionsAsync(connection, setId, ids, cancellationToken);
        var action = Guid.CreateVersion7(clock.GetUtcNow());
        await using var batch = new NpgsqlBatch(connection);
        Add(batch, "INSERT INTO app.review_actions (id, image_set_id, reviewer_id, at) VALUES ($1, $2, $3, $4)", action, setId, reviewer, clock.GetUtcNow());
        Add(batch,
            """
            INSERT INTO app.review_changes (action_id, image_id, before)
            SELECT $1, i, to_jsonb(m) FROM unnest($2) AS i LEFT JOIN app.review_marks m ON m.image_id = i AND m.reviewer_id = $3
            """, action, ids, reviewer);
        var text = NpgsqlDbType.Text;
        var upsert = new NpgsqlBatchCommand(
            """
            INSERT INTO app.review_marks AS m (image_id, reviewer_id, verdict, rating, tags, comment, at)
            SELECT i, $2, nullif($3, 'none'), nullif($4, 0), (SELECT coalesce(array_agg(DISTINCT t ORDER BY t), '{}') FROM unnest($5) t), coalesce($7, ''), $8
            FROM unnest($1) AS i
            ON CONFLICT (image_id, reviewer_id) DO UPDATE SET
                verdict = CASE WHEN $3 IS NULL THEN m.verdict ELSE excluded.verdict END,
                rating = CASE WHEN $4 IS NULL THEN m.rating ELSE excluded.rating END,
                tags = (SELECT coalesce(array_agg(DISTINCT t ORDER BY t), '{}') FROM unnest(m.tags || $5) t WHERE t <> ALL($6)),
                comment = CASE WHEN $7 IS NULL THEN m.comment ELSE excluded.comment END,
                at = excluded.at
            """);
        foreach (var (value, type) in ((object?, NpgsqlDbType?)[])
            [
                (ids, null), (reviewer, null), (change.Verdict, text), (change.Rating, NpgsqlDbType.Integer), (change.AddTags.ToArray(), NpgsqlDbType.Array | text),
                (change.RemoveTags.ToArray(), NpgsqlDbType.Array | text), (change.Comment, text), (clock.GetUtcNow(), null),
            ])
        {
            var parameter = new NpgsqlParameter { Value = value ?? DBNull.Value };
            if (type is { } known)
            {
                parameter.NpgsqlDbType = known;
            }

            upsert.Parameters.Add(parameter);
        }

        batch.BatchCommands.Add(upsert);
        Add(batch,
            """
            DELETE FROM app.review_marks
            WHERE image_id = ANY($1) AND reviewer_id = $2 AND verdict IS NULL AND rating IS NULL AND tags = '{}' AND comment = ''
            """, ids, reviewer);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await new ReviewNotice(ReviewNotice.Marks, reviewer, captions).PublishAsync(feed, setId);
        return captions;
    }

    /// <summary>Takes a reviewer's last step back that was not taken back yet.</summary>
    /// <returns>The captions whose images changed; none when there is nothing to take back.</returns>
    /// <exception cref="MissingException">There is no such image set.</exception>
    public async Task<IReadOnlyList<int>> UndoAsync(Guid setId, Guid reviewer, CancellationToken cancellationToken = default)
    {
        await queries.FindAsync(setId, cancellationToken);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await HoldAsync(connection, setId, reviewer, cancellationToken);
        await using var last = new NpgsqlCommand(
            """
            UPDATE app.review_actions SET undone_at = $3 WHERE id = (
                SELECT id FROM app.review_actions WHERE image_set_id = $1 AND reviewer_id = $2 AND undone_at IS NULL ORDER BY id DESC LIMIT 1)
            RETURNING id
            """, connection);
        foreach (var value in (object[])[setId, reviewer, clock.GetUtcNow()])
        {
            last.Parameters.Add(new() { Value = value });
        }

        if (await last.ExecuteScalarAsync(cancellationToken) is not Guid action)
        {
            return [];
        }

        await using var batch = new NpgsqlBatch(connection);
        Add(batch,
            """
            DELETE FROM app.review_marks m USING app.review_changes c
            WHERE c.action_id = $1 AND m.image_id = c.image_id AND m.reviewer_id = $2 AND c.before IS NULL
            """, action, reviewer);
        Add(batch,
            """
            INSERT INTO app.review_marks (image_id, reviewer_id, verdict, rating, tags, comment, at)
            SELECT b.image_id, b.reviewer_id, b.verdict, b.rating, b.tags, b.comment, b.at FROM app.review_changes c
            CROSS JOIN LATERAL jsonb_populate_record(NULL::app.review_marks, c.before) b WHERE c.action_id = $1 AND c.before IS NOT NULL
            ON CONFLICT (image_id, reviewer_id) DO UPDATE SET
                verdict = excluded.verdict, rating = excluded.rating, tags = excluded.tags, comment = excluded.comment, at = excluded.at
            """, action);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await using var touched = new NpgsqlCommand(
            "SELECT array_agg(DISTINCT i.caption_index) FROM app.review_changes c JOIN app.images i ON i.id = c.image_id WHERE c.action_id = $1", connection);
        touched.Parameters.Add(new() { Value = action });
        var captions = await touched.ExecuteScalarAsync(cancellationToken) as int[] ?? [];
        await transaction.CommitAsync(cancellationToken);
        await new ReviewNotice(ReviewNotice.Marks, reviewer, captions).PublishAsync(feed, setId);
        return captions;
    }

    /// <summary>Gives the last word on images in dispute, or takes it back.</summary>
    /// <param name="setId">The image set.</param>
    /// <param name="resolver">Who decides: somebody who did not judge the images, or an owner of an experiment with them, or an administrator.</param>
    /// <param name="imageIds">The images.</param>
    /// <param name="verdict">Approve or reject; null takes the last word back.</param>
    /// <param name="cancellationToken">Cancels; then nothing changes.</param>
    /// <returns>The captions whose images changed.</returns>
    /// <exception cref="ConflictException">Reviewers do not disagree about an image, or the resolver is one of them.</exception>
    /// <exception cref="InputException">An image is not of this set, or the verdict is flag.</exception>
    public async Task<IReadOnlyList<int>> ResolveAsync(
        Guid setId, ReviewActor resolver, IReadOnlyList<long> imageIds, Verdict? verdict, CancellationToken cancellationToken = default)
    {
        if (verdict is Verdict.Flag)
        {
            throw new InputException("verdict", "The last word is approve or reject.");
        }

        new ReviewMarkChange { ImageIds = imageIds }.Check();
        await queries.FindAsync(setId, cancellationToken);
        long[] ids = [.. imageIds.Distinct()];
        var owner = await IsOwnerAsync(setId, resolver, cancellationToken);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var captions = await CaptionsAsync(connection, setId, ids, cancellationToken);
        await using (var check = new NpgsqlCommand(
            $"""
            SELECT count(*) FILTER (WHERE NOT v.disputed AND NOT v.resolved)::int, count(m.verdict)::int
            FROM ({ImageVerdicts.Of("i.id = ANY($2)")}) v LEFT JOIN app.review_marks m ON m.image_id = v.id AND m.reviewer_id = $3
            """, connection))
        {
            check.Parameters.AddRange(Values(setId, ids, resolver.Id));
            await using var reader = await check.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            if (reader.GetInt32(0) > 0)
            {
                throw new ConflictException($"Reviewers do not disagree about {reader.GetInt32(0)} of these images: only disputes have a last word.");
            }

            if (reader.GetInt32(1) > 0 && !owner)
            {
                throw new ConflictException("You judged some of these images yourself: somebody else or an owner has the last word.");
            }
        }

        await using (var decide = new NpgsqlCommand(
            verdict is null
                ? "DELETE FROM app.review_resolutions WHERE image_id = ANY($1)"
                : """
                  INSERT INTO app.review_resolutions (image_id, verdict, resolver_id, at) SELECT i, $2, $3, $4 FROM unnest($1) AS i
                  ON CONFLICT (image_id) DO UPDATE SET verdict = excluded.verdict, resolver_id = excluded.resolver_id, at = excluded.at
                  """, connection))
        {
            decide.Parameters.AddRange(verdict is { } word ? Values(ids, Hosting.StoreNames.Of(word), resolver.Id, clock.GetUtcNow()) : Values(ids));
            await decide.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        await new ReviewNotice(ReviewNotice.Marks, resolver.Id, captions).PublishAsync(feed, setId);
        return captions;
    }

    /// <summary>Lets an image set be reviewed blind by two people, or openly.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    /// <exception cref="ConflictException">The actor neither owns an experiment with the images nor is an administrator.</exception>
    public async Task SetBlindAsync(Guid setId, ReviewActor actor, bool blind, CancellationToken cancellationToken = default)
    {
        await queries.FindAsync(setId, cancellationToken);
        if (!await IsOwnerAsync(setId, actor, cancellationToken))
        {
            throw new ConflictException("Whether a review is blind is decided by an owner of an experiment with these images, or by an administrator.");
        }

        await using var command = source.CreateCommand(
            """
            INSERT INTO app.review_settings (image_set_id, blind, changed_at) VALUES ($1, $2, $3)
            ON CONFLICT (image_set_id) DO UPDATE SET blind = excluded.blind, changed_at = excluded.changed_at
            """);
        command.Parameters.AddRange(Values(setId, blind, clock.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancellationToken);
        await new ReviewNotice(ReviewNotice.Set, actor.Id, null).PublishAsync(feed, setId);
    }

    /// <summary>The assignments, in the order of captions.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    public async Task<IReadOnlyList<ReviewAssignment>> AssignmentsAsync(Guid setId, CancellationToken cancellationToken = default)
    {
        await queries.FindAsync(setId, cancellationToken);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.ReviewAssignments.AsNoTracking().Where(row => row.ImageSetId == setId)
            .OrderBy(row => row.FirstCaption).ThenBy(row => row.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Assigns captions to people: each range to everybody named, or divided evenly among them.</summary>
    /// <exception cref="MissingException">There is no such image set.</exception>
    /// <exception cref="InputException">A range is not in the set, or a person is unknown.</exception>
    public async Task<IReadOnlyList<ReviewAssignment>> AssignAsync(Guid setId, NewReviewAssignment wanted, Guid by, CancellationToken cancellationToken = default)
    {
        var set = await queries.FindAsync(setId, cancellationToken);
        Guid[] people = [.. wanted.ReviewerIds.Distinct()];
        if (wanted.Ranges.Count == 0 || wanted.Ranges.Count * people.Length > MostAssignments
            || wanted.Ranges.Any(range => range.First < 0 || range.Count < 1 || range.First > set.Captions - range.Count))
        {
            throw new InputException("ranges", $"Name ranges of captions from 0 to {set.Captions - 1}, at most {MostAssignments} assignments at once.");
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        if (people.Length == 0 || await store.Users.CountAsync(user => people.Contains(user.Id), cancellationToken) != people.Length)
        {
            throw new InputException("reviewerIds", "Name people who have an account.");
        }

        var made = wanted.Parts(people).Select(part => new ReviewAssignment
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            ImageSetId = setId,
            ReviewerId = part.Reviewer,
            FirstCaption = part.First,
            CaptionCount = part.Count,
            At = clock.GetUtcNow(),
        }).ToList();
        store.ReviewAssignments.AddRange(made);
        await store.SaveChangesAsync(cancellationToken);
        await new ReviewNotice(ReviewNotice.Set, by, null).PublishAsync(feed, setId);
        return made;
    }

    /// <summary>Takes an assignment back.</summary>
    /// <exception cref="MissingException">There is no such assignment.</exception>
    public async Task UnassignAsync(Guid setId, Guid assignmentId, Guid by, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        if (await store.ReviewAssignments.Where(row => row.ImageSetId == setId && row.Id == assignmentId).ExecuteDeleteAsync(cancellationToken) == 0)
        {
            throw new MissingException("assignment", assignmentId);
        }

        await new ReviewNotice(ReviewNotice.Set, by, null).PublishAsync(feed, setId);
    }

    /// <summary>Tells everybody where somebody is looking.</summary>
    public Task LookAsync(Guid setId, Guid person, ReviewCursor cursor) =>
        new ReviewNotice(ReviewNotice.Presence, person, null) { Cursor = cursor }.PublishAsync(feed, setId);

    /// <summary>Whether somebody owns an experiment with these images or is an administrator.</summary>
    public async Task<bool> IsOwnerAsync(Guid setId, ReviewActor actor, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return actor.IsAdmin || await store.Experiments.AnyAsync(row => row.ImageSetId == setId && row.OwnerId == actor.Id, cancellationToken);
    }

    private static NpgsqlParameter[] Values(params object[] values) => Array.ConvertAll(values, value => new NpgsqlParameter { Value = value });

    private static void Add(NpgsqlBatch batch, string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.AddRange(Values(values));
        batch.BatchCommands.Add(command);
    }

    // Two pages of one person may mark at once: their steps follow each other, so that what each found before it is true.
    private static async Task HoldAsync(NpgsqlConnection connection, Guid setId, Guid reviewer, CancellationToken cancellationToken)
    {
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", connection);
        hold.Parameters.Add(new() { Value = $"review/{setId}/{reviewer}" });
        await hold.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<int[]> CaptionsAsync(NpgsqlConnection connection, Guid setId, long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT count(*)::int, array_agg(DISTINCT caption_index) FROM app.images WHERE image_set_id = $1 AND id = ANY($2)", connection);
        command.Parameters.AddRange(Values(setId, ids));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt32(0) == ids.Length
            ? reader.GetFieldValue<int[]>(1)
            : throw new InputException("imageIds", $"{ids.Length - reader.GetInt32(0)} of these images are not in image set {setId}.");
    }
}
