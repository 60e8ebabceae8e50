using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Api.Jobs;
using StableRep.Api.Storage;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Testing;

namespace StableRep.Api.Tests.Storage;

public sealed class StorageServiceTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everything_that_can_be_given_back_is_and_what_is_in_use_stays()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var storage = studio.Services.GetRequiredService<StorageService>();
        var artifacts = studio.Services.GetRequiredService<IArtifactStore>();
        var sets = studio.Services.GetRequiredService<ImageSetService>();
        await using var store = StudioStore.Open(studio.Database.Source);

        // In use: a finished experiment, and an image set made a moment ago.
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("used"), cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        await studio.ReachAsync(experiment.Id, ExperimentState.Done, Stop);
        var fresh = await sets.FindOrCreateAsync(studio.Wanted("x").Images with { Seed = 77 }, Stop);
        var used = (await artifacts.ListAsync("", Stop).ToListAsync(Stop)).ConvertAll(file => file.Key);

        // Not in use: an old image set, a file of a lost attempt, files of what was deleted, the folder of a deleted training.
        var unused = await sets.FindOrCreateAsync(studio.Wanted("x").Images with { Seed = 78 }, Stop);
        await store.Database.ExecuteSqlAsync($"UPDATE app.image_sets SET created_at = now() - interval '2 hours' WHERE id = {unused.Id}", Stop);
        var unusedFile = $"image-sets/{unused.Id}/000000-1.tar";
        string[] orphans = [$"image-sets/{experiment.ImageSetId}/000000-99.tar", $"image-sets/{Guid.NewGuid()}/000000-1.tar", $"encoders/{experiment.Id}/99/model.safetensors", $"encoders/{Guid.NewGuid()}/1/config.json", $"previews/{Guid.NewGuid()}/000.png"];
        foreach (var key in (string[])[unusedFile, .. orphans])
        {
            await PutAsync(artifacts, key);
        }

        var stranger = "backups/by-hand/file.txt";
        await PutAsync(artifacts, stranger);
        var run = TrainJob.RunFolder(studio.Services.GetRequiredService<IOptions<StudioOptions>>().Value, Guid.NewGuid());
        Directory.CreateDirectory(run);
        await File.WriteAllTextAsync(Path.Combine(run, "checkpoint"), "0123456789", Stop);

        var report = await storage.ReportAsync(Stop);
        Assert.Equal((1, 10L), (report.Of(StorageKind.UnusedImageSets).Count, report.Of(StorageKind.UnusedImageSets).Bytes));
        Assert.Equal((5, 50L), (report.Of(StorageKind.OrphanFiles).Count, report.Of(StorageKind.OrphanFiles).Bytes));
        Assert.Equal((1, 10L), (report.Of(StorageKind.FinishedRuns).Count, report.Of(StorageKind.FinishedRuns).Bytes));
        Assert.Equal((1, 1), (report.Of(StorageKind.ImageSets).Count, report.Of(StorageKind.Encoders).Count));
        Assert.Equal(70, report.ReclaimableBytes);

        var given = await storage.ReclaimAsync(StorageService.Reclaimable, new ClaimsPrincipal(), Stop);
        Assert.Equal(70, given.Sum(use => use.Bytes));
        Assert.False(Directory.Exists(run));
        Assert.Equal(used.Append(stranger).Order(StringComparer.Ordinal), (await artifacts.ListAsync("", Stop).ToListAsync(Stop)).Select(file => file.Key));
        Assert.Equal(new[] { experiment.ImageSetId, fresh.Id }.Order(), (await store.ImageSets.Select(set => set.Id).ToListAsync(Stop)).Order());
        Assert.Equal(0, (await storage.ReportAsync(Stop)).ReclaimableBytes);
        Assert.Contains("orphan_files", (await store.AuditEntries.SingleAsync(entry => entry.Action == "storage.reclaim", Stop)).Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_worker_is_writing_and_what_people_have_judged_is_in_use()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var storage = studio.Services.GetRequiredService<StorageService>();
        var artifacts = studio.Services.GetRequiredService<IArtifactStore>();
        await using var store = StudioStore.Open(studio.Database.Source);
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("running"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var unit = (await Dispatcher.CandidatesAsync(studio.Database.Source, 1, Stop))[0];
        Assert.Equal(1, (await WorkClaim.TryBeginAsync(studio.Database.Source, unit, Stop))!.Attempt);
        var shard = await store.Shards.SingleAsync(row => row.Id == unit.Id, Stop);
        var writing = $"image-sets/{experiment.ImageSetId}/{shard.Index:D6}-1.tar";
        await PutAsync(artifacts, writing);

        var judged = await studio.Services.GetRequiredService<ImageSetService>().FindOrCreateAsync(studio.Wanted("x").Images with { Seed = 78 }, Stop);
        var first = await store.Shards.FirstAsync(row => row.ImageSetId == judged.Id, Stop);
        await store.Database.ExecuteSqlAsync(
            $"""
            UPDATE app.image_sets SET created_at = now() - interval '2 hours' WHERE id = {judged.Id};
            INSERT INTO app.images (image_set_id, shard_id, caption_index, image_index, seed, "offset", length) VALUES ({judged.Id}, {first.Id}, 0, 0, 0, 0, 1);
            INSERT INTO app.review_marks (image_id, reviewer_id, verdict, tags, comment, at)
                SELECT i.id, u.id, 'approve', ARRAY[]::text[], '', now() FROM app.images i CROSS JOIN app.users u LIMIT 1
            """,
            Stop);
        await storage.ReclaimAsync(StorageService.Reclaimable, null, Stop);
        Assert.Equal(10, await artifacts.LengthAsync(writing, Stop));
        Assert.True(await store.ImageSets.AnyAsync(set => set.Id == judged.Id, Stop));

        // Once its worker is known to be lost, the same file is nobody's.
        await studio.Services.GetRequiredService<Dispatcher>().FindLostAsync(Stop);
        await storage.ReclaimAsync([StorageKind.OrphanFiles], null, Stop);
        Assert.Null(await artifacts.LengthAsync(writing, Stop));
    }

    [Fact]
    public async Task Checkpoints_of_a_cancelled_training_go_only_when_asked_for_and_not_while_a_worker_has_it()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var storage = studio.Services.GetRequiredService<StorageService>();
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("stopped"), cancellationToken: Stop);
        var folder = TrainJob.RunFolder(studio.Services.GetRequiredService<IOptions<StudioOptions>>().Value, experiment.Id);
        Directory.CreateDirectory(folder);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        await storage.ReclaimAsync([StorageKind.StoppedRuns, StorageKind.FinishedRuns], null, Stop);
        Assert.True(Directory.Exists(folder), "the experiment is queued");
        await studio.Experiments.CancelAsync(experiment.Id, Stop);
        await storage.ReclaimAsync([StorageKind.FinishedRuns], null, Stop);
        Assert.True(Directory.Exists(folder), "stopped runs were not asked for");
        await using (await WorkLease.TryTakeAsync(studio.Database.ConnectionString, $"training/{experiment.Id}", TimeProvider.System, Stop))
        {
            await storage.ReclaimAsync([StorageKind.StoppedRuns], null, Stop);
            Assert.True(Directory.Exists(folder), "a worker has the lease");
        }

        await storage.ReclaimAsync([StorageKind.StoppedRuns], null, Stop);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task What_is_in_use_cannot_be_asked_for()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var storage = studio.Services.GetRequiredService<StorageService>();
        await Assert.ThrowsAsync<InputException>(() => storage.ReclaimAsync([StorageKind.Encoders], null, Stop));
        await Assert.ThrowsAsync<InputException>(() => storage.ReclaimAsync([], null, Stop));
    }

    private static async Task PutAsync(IArtifactStore artifacts, string key)
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, "0123456789", Stop);
        await artifacts.PutAsync(key, path, Stop);
    }
}
