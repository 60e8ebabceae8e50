using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>
/// The images on which an experiment trains: its set's shards and those of replacements, without what reviewers reject. Fixed when the training
/// first starts and kept in the store, so that a resumed run, on whatever node, sees the same ones.
/// </summary>
internal sealed class TrainingImages(IDbContextFactory<StudioDbContext> stores, StudioDatabase database, IArtifactStore artifacts, TimeProvider clock)
{
    /// <summary>Reads the selection, or makes it.</summary>
    /// <exception cref="FencedException">The training is another worker's by now.</exception>
    public async Task<SelectedImages> SelectAsync(WorkClaim claim, Guid imageSetId, CancellationToken cancellationToken)
    {
        var selection = await FindOrFixAsync(claim, imageSetId, cancellationToken);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var keys = await store.Shards.Where(row => selection.ShardIds.Contains(row.Id)).OrderBy(row => row.Index)
            .Select(row => row.ArtifactKey!).ToListAsync(cancellationToken);
        var paths = new List<string>(keys.Count);
        foreach (var key in keys)
        {
            paths.Add(await artifacts.LocalPathAsync(key, cancellationToken));
        }

        var rejected = await store.Images.Where(row => selection.RejectedIds.Contains(row.Id)).Select(row => new { row.CaptionIndex, row.ImageIndex })
            .ToListAsync(cancellationToken);
        var images = await store.Images.CountAsync(row => selection.ShardIds.Contains(row.ShardId), cancellationToken);
        return new SelectedImages(paths, images, rejected.Select(row => (row.CaptionIndex, row.ImageIndex)).ToHashSet());
    }

    private async Task<TrainingSelection> FindOrFixAsync(WorkClaim claim, Guid imageSetId, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        if (await store.TrainingSelections.AsNoTracking().SingleOrDefaultAsync(row => row.ExperimentId == claim.Unit.Id, cancellationToken) is { } fixedBefore)
        {
            return fixedBefore;
        }

        await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await claim.HoldAsync(connection, cancellationToken);
        await using var fix = new NpgsqlCommand(
            $"""
            INSERT INTO app.training_selections (experiment_id, shard_ids, rejected_ids, at)
            SELECT $2, s.ids, ARRAY(
                SELECT v.id FROM ({ImageVerdicts.Of()}) v JOIN app.images i ON i.id = v.id
                WHERE v.status = 'reject' AND i.shard_id = ANY(s.ids) ORDER BY v.id), $3
            FROM (SELECT array_agg(id ORDER BY index) AS ids FROM app.shards WHERE image_set_id = $1 AND state = 'done') s
            """, connection);
        foreach (var value in (object[])[imageSetId, claim.Unit.Id, clock.GetUtcNow()])
        {
            fix.Parameters.Add(new() { Value = value });
        }

        await fix.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await store.TrainingSelections.AsNoTracking().SingleAsync(row => row.ExperimentId == claim.Unit.Id, cancellationToken);
    }
}

/// <summary>Images on which an experiment trains.</summary>
/// <param name="Shards">The shards' files, in order.</param>
/// <param name="Images">The images in them.</param>
/// <param name="Rejected">Those that are left out, by caption and number.</param>
internal sealed record SelectedImages(IReadOnlyList<string> Shards, int Images, IReadOnlySet<(int Caption, int Image)> Rejected)
{
    /// <summary>Opens them for a method, and says what is left out.</summary>
    public SetsOfAtLeast Open(string method, IRunObserver observer)
    {
        var fewest = TrainingMethods.FewestImages(method);
        var sets = new SetsOfAtLeast(
            fewest, new ShardPositiveSetSource([.. Shards.Select(ShardReader.Open)], (caption, image) => Rejected.Contains((caption, image))));
        if (Rejected.Count > 0)
        {
            var emptied = Rejected.Select(image => image.Caption).Distinct().Count() is var touched && sets.LeftOut > 0
                ? $" {sets.LeftOut} of the {touched} captions concerned keep fewer than the {fewest} images that {method} needs and are left out."
                : "";
            observer.Log(RunLogLevel.Information, $"Review: {Rejected.Count} of {Images} images are rejected and left out.{emptied}");
        }

        return sets;
    }
}
