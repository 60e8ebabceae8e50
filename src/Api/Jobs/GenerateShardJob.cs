using System.Diagnostics;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.CaptionSets;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Api.ImageSets;
using StableRep.Api.Live;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Data.ImageSets;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Images;

namespace StableRep.Api.Jobs;

/// <summary>Generates one shard of an image set, and records it with its images in one transaction.</summary>
internal sealed class GenerateShardJob(
    WorkRunner runner,
    IDbContextFactory<StudioDbContext> stores,
    CaptionSetService captions,
    GeneratorService generators,
    EngineHost engine,
    IArtifactStore artifacts,
    ExperimentLog log,
    ExperimentFeed feed,
    StudioDatabase database,
    StudioMetrics metrics,
    TimeProvider clock)
{
    private const int BatchSize = 16;

    /// <summary>Generates the shard, unless another worker is at it or nobody wants it.</summary>
    [Queue(JobQueue.Gpu)]
    [AutomaticRetry(Attempts = 0)]
    public Task RunAsync(Guid shardId, CancellationToken cancellationToken) =>
        runner.RunAsync(new WorkUnit(WorkKind.Shard, shardId), GenerateAsync, cancellationToken);

    internal async Task GenerateAsync(WorkClaim claim, CancellationToken unwanted, CancellationToken halt)
    {
        await using var store = await stores.CreateDbContextAsync(halt);
        var shard = await store.Shards.AsNoTracking().SingleAsync(row => row.Id == claim.Unit.Id, halt);
        var set = await store.ImageSets.AsNoTracking().SingleAsync(row => row.Id == shard.ImageSetId, halt);
        var generator = await store.Generators.AsNoTracking().SingleAsync(row => row.Id == set.GeneratorId, halt);
        var requests = await RequestsAsync(store, shard, set, halt);
        var experiments = await store.Experiments.Where(row => row.ImageSetId == set.Id && row.State != ExperimentState.Draft)
            .OrderBy(row => row.Id).Select(row => row.Id).ToListAsync(halt);
        var settings = new GenerationSettings
        {
            Seed = set.Seed,
            Steps = set.Steps,
            GuidanceScale = set.GuidanceScale,
            GuidanceRescale = set.GuidanceRescale,
            NegativePrompt = set.NegativePrompt,
            Sampler = set.Sampler,
            BatchSize = BatchSize,
        };
        var started = clock.GetTimestamp();
        var path = Path.Combine(Path.GetTempPath(), $"{shard.Id:N}-{claim.Attempt}.tar");
        // Replacements are nobody's stage: experiments hear of them when they are there.
        await using var observer = new StoreObserver(database.Source, log, claim, shard.Regenerates ? [] : experiments, clock, new ShardProgress(shard).OfSetAsync);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(unwanted, halt, observer.Refused);
        try
        {
            var diversity = new PixelDiversity();
            var index = await engine.UseAsync(
                generators.FolderOf(generator),
                generator.Hash,
                folder =>
                {
                    var pipeline = new TextToImagePipeline(folder);
                    using var writer = new ShardWriter(path);
                    foreach (var (request, image) in pipeline.Generate(requests, settings, observer, clock, stop.Token))
                    {
                        diversity.Add(request.CaptionIndex, image);
                        writer.AddImage(pipeline.Record(request, settings), ImageFormat.Png, ImageCodec.Encode(image, ImageFormat.Png));
                        engine.GiveWay(stop.Token);
                    }

                    return writer.Complete();
                },
                halt);
            await observer.DisposeAsync();
            await RecordAsync(claim, shard, new MadeImages(requests, index, shard.Regenerates ? [] : [.. diversity.Sets()]), path, clock.GetElapsedTime(started), halt);
            await new ReviewNotice(ReviewNotice.Images, null, [.. requests.Select(request => request.CaptionIndex).Distinct()]).PublishAsync(feed, set.Id);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task RecordAsync(
        WorkClaim claim, Shard shard, MadeImages made, string path, TimeSpan elapsed, CancellationToken halt)
    {
        // The attempt is in the key, so that a worker which lost the shard cannot exchange the file of the one that has it.
        var key = $"image-sets/{shard.ImageSetId}/{shard.Index:D6}-{claim.Attempt}.tar";
        await artifacts.PutAsync(key, path, halt);
        await using var connection = await database.Source.OpenConnectionAsync(halt);
        await using var transaction = await connection.BeginTransactionAsync(halt);
        await claim.HoldAsync(connection, halt);
        var images = await InsertAsync(connection, shard, made, halt);
        await using (var done = new NpgsqlCommand(
            "UPDATE app.shards SET state = 'done', failure = NULL, artifact_key = $2, length = $3, seconds = $4, finished_at = $5 WHERE id = $1", connection))
        {
            foreach (var value in (object[])[shard.Id, key, made.Index.Length, elapsed.TotalSeconds, clock.GetUtcNow()])
            {
                done.Parameters.Add(new() { Value = value });
            }

            await done.ExecuteNonQueryAsync(halt);
        }

        var entry = RunEvents.Images(shard.ImageSetId, shard.Index, images);
        foreach (var experiment in await ExperimentsAsync(connection, shard.ImageSetId, halt))
        {
            await log.AppendAsync(connection, experiment, null, [entry], halt);
        }

        await transaction.CommitAsync(halt);
        metrics.ImagesGenerated(images.Count);
    }

    private async Task<IReadOnlyList<ImageRequest>> RequestsAsync(StudioDbContext store, Shard shard, ImageSet set, CancellationToken halt)
    {
        var texts = new List<string>(shard.CaptionCount);
        await foreach (var text in captions.ReadAsync(set.CaptionSetId, shard.FirstCaption, shard.CaptionCount, halt))
        {
            texts.Add(text);
        }

        if (!shard.Regenerates)
        {
            return ImageRequest.All(texts, set.ImagesPerPrompt, shard.FirstCaption);
        }

        var wishes = await store.Regenerations.AsNoTracking().Where(wish => wish.ShardId == shard.Id)
            .OrderBy(wish => wish.CaptionIndex).ThenBy(wish => wish.ImageIndex).ToListAsync(halt);
        return [.. wishes.Select(wish => new ImageRequest(wish.CaptionIndex, texts[wish.CaptionIndex - shard.FirstCaption], wish.ImageIndex))];
    }

    private static async Task<List<(long Id, int Caption, int Number)>> InsertAsync(NpgsqlConnection connection, Shard shard, MadeImages made, CancellationToken halt)
    {
        var files = made.Index.Samples.Select(sample => sample.Image ?? throw new UnreachableException($"Sample {sample.Key} was written without a picture.")).ToList();
        await using var command = new NpgsqlCommand(
            """
            WITH measured AS (
                INSERT INTO app.positive_set_measures (image_set_id, caption_index, diversity)
                SELECT $1, c, d FROM unnest($7::int[], $8::float8[]) AS t(c, d)
                ON CONFLICT (image_set_id, caption_index) DO UPDATE SET diversity = excluded.diversity)
            INSERT INTO app.images (image_set_id, shard_id, caption_index, image_index, seed, "offset", length, replaces_id)
            SELECT $1, $2, c, i, (SELECT seed FROM app.image_sets WHERE id = $1), o, l,
                (SELECT replaces_id FROM app.regenerations WHERE shard_id = $2 AND caption_index = c AND image_index = i)
            FROM unnest($3::int[], $4::int[], $5::bigint[], $6::int[]) AS t(c, i, o, l) RETURNING id, caption_index, image_index
            """,
            connection);
        foreach (var value in (object[])
            [
                shard.ImageSetId, shard.Id, made.Requests.Select(request => request.CaptionIndex).ToArray(),
                made.Requests.Select(request => request.ImageIndex).ToArray(), files.Select(file => file.Offset).ToArray(),
                files.Select(file => file.Length).ToArray(), made.Diversity.Select(set => set.Caption).ToArray(),
                made.Diversity.Select(set => set.Diversity).ToArray(),
            ])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var inserted = new List<(long Id, int Caption, int Number)>(files.Count);
        await using var reader = await command.ExecuteReaderAsync(halt);
        while (await reader.ReadAsync(halt))
        {
            inserted.Add((reader.GetInt64(0), reader.GetInt32(1), reader.GetInt32(2)));
        }

        return inserted;
    }

    /// <summary>Those that use the set, locked in one order for all writers; one that was launched since the shard was begun is among them.</summary>
    private static async Task<List<Guid>> ExperimentsAsync(NpgsqlConnection connection, Guid imageSetId, CancellationToken halt)
    {
        await using var command = new NpgsqlCommand("SELECT id FROM app.experiments WHERE image_set_id = $1 AND state <> 'draft' ORDER BY id FOR UPDATE", connection);
        command.Parameters.Add(new() { Value = imageSetId });
        var ids = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(halt);
        while (await reader.ReadAsync(halt))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private sealed record MadeImages(IReadOnlyList<ImageRequest> Requests, ShardIndex Index, IReadOnlyList<(int Caption, double Diversity)> Diversity);
}
