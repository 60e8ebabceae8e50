using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Hosting;
using StableRep.Engine.Images;
using StableRep.Testing;

namespace StableRep.Api.Tests.Review;

/// <summary>What becomes of rejected images, on real ones: replacements, training, export.</summary>
public sealed class RejectionTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rejected_images_are_replaced_by_the_next_noise_left_out_of_training_and_of_the_export()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var first = await studio.Experiments.CreateAsync(studio.Wanted("first"), cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(first.Id, Stop);
        await studio.ReachAsync(first.Id, ExperimentState.Done, Stop);
        await using var store = StudioStore.Open(studio.Database.Source);
        var ada = await ReviewUnderTest.AddPersonAsync(store, "Ada");
        var images = await store.Images.Where(image => image.ImageSetId == first.ImageSetId).ToDictionaryAsync(image => (image.CaptionIndex, image.ImageIndex), Stop);
        var review = studio.Services.GetRequiredService<ReviewService>();

        // Caption 1 loses both images, caption 2 one: it is too small for stablerep until it has another.
        long[] rejected = [images[(1, 0)].Id, images[(1, 1)].Id, images[(2, 1)].Id];
        await review.MarkAsync(first.ImageSetId, ada, new ReviewMarkChange { ImageIds = rejected, Verdict = "reject" }, Stop);
        var second = await studio.Experiments.CreateAsync(studio.Wanted("second"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(second.Id, Stop);
        await studio.ReachAsync(second.Id, ExperimentState.Done, Stop);
        Assert.Contains(
            await LogAsync(studio, second.Id),
            line => line == "Review: 3 of 24 images are rejected and left out. 1 of the 2 captions concerned keep fewer than the 2 images that stablerep needs and are left out.");

        var regeneration = studio.Services.GetRequiredService<RegenerationService>();
        await Assert.ThrowsAsync<ConflictException>(() => regeneration.RegenerateAsync(first.ImageSetId, [images[(5, 0)].Id], ada, Stop));
        Assert.Equal(1, await regeneration.RegenerateAsync(first.ImageSetId, [images[(2, 1)].Id], ada, Stop));
        Assert.Equal(2, await regeneration.RegenerateAsync(first.ImageSetId, null, ada, Stop));
        Assert.Equal(0, await regeneration.RegenerateAsync(first.ImageSetId, null, ada, Stop));
        while (await store.Images.CountAsync(image => image.ImageSetId == first.ImageSetId, Stop) < 27)
        {
            Assert.Null(await store.Shards.Where(shard => shard.State == WorkState.Failed).Select(shard => shard.Failure).FirstOrDefaultAsync(Stop));
            await Task.Delay(50, Stop);
        }

        var made = await store.Images.AsNoTracking().Where(image => image.ReplacesId != null).OrderBy(image => image.CaptionIndex).ThenBy(image => image.ImageIndex).ToListAsync(Stop);
        Assert.Equal(
            [(1, 2, images[(1, 0)].Id), (1, 3, images[(1, 1)].Id), (2, 2, images[(2, 1)].Id)],
            made.Select(image => (image.CaptionIndex, image.ImageIndex, image.ReplacesId!.Value)));
        Assert.NotEqual(await BytesAsync(studio, made[0].Id), await BytesAsync(studio, images[(1, 0)].Id));
        Assert.Equal(ExperimentState.Done, (await studio.Experiments.GetAsync(first.Id, Stop)).State);

        var third = await studio.Experiments.CreateAsync(studio.Wanted("third"), cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(third.Id, Stop);
        await studio.ReachAsync(third.Id, ExperimentState.Done, Stop);
        Assert.Contains(await LogAsync(studio, third.Id), line => line == "Review: 3 of 27 images are rejected and left out.");

        using var tar = new MemoryStream();
        Assert.Equal(24, await studio.Services.GetRequiredService<ReviewExport>().WriteTarAsync(first.ImageSetId, ada, false, tar, Stop));
        tar.Position = 0;
        var samples = ShardReader.ReadSamples(tar, "export").ToDictionary(sample => sample.Key);
        Assert.Equal(24, samples.Count);
        Assert.DoesNotContain(ShardWriter.KeyOf(1, 0), samples.Keys);
        using var json = JsonDocument.Parse(samples[ShardWriter.KeyOf(1, 2)].Files["json"]);
        Assert.Equal(images[(1, 0)].Id, json.RootElement.GetProperty("replaces_id").GetInt64());
        Assert.Equal(samples[ShardWriter.KeyOf(1, 2)].Files["png"], await BytesAsync(studio, made[0].Id));
        using var csv = new MemoryStream();
        await studio.Services.GetRequiredService<ReviewExport>().WriteCsvAsync(first.ImageSetId, ada, csv, Stop);
        Assert.Equal(4, System.Text.Encoding.UTF8.GetString(csv.ToArray()).Trim().Split("\r\n").Length);
    }

    [Fact]
    public async Task What_a_training_sees_is_fixed_when_it_first_starts()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("long", epochs: 2000), cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        await studio.ReachAsync(experiment.Id, ExperimentState.Training, Stop);
        await using var store = StudioStore.Open(studio.Database.Source);
        while (!await store.TrainingSelections.AnyAsync(Stop))
        {
            await Task.Delay(50, Stop);
        }

        await studio.Experiments.PauseAsync(experiment.Id, Stop);
        while ((await studio.Experiments.GetAsync(experiment.Id, Stop)).TrainingState == WorkState.Running)
        {
            await Task.Delay(50, Stop);
        }

        var ada = await ReviewUnderTest.AddPersonAsync(store, "Ada");
        var images = await store.Images.Select(image => image.Id).ToListAsync(Stop);
        await studio.Services.GetRequiredService<ReviewService>().MarkAsync(
            experiment.ImageSetId, ada, new ReviewMarkChange { ImageIds = images, Verdict = "reject" }, Stop);
        await studio.Experiments.ResumeAsync(experiment.Id, Stop);

        // Had it looked again, it would have no image left.
        Assert.Equal(2, (await studio.ReachAsync(experiment.Id, ExperimentState.Training, Stop)).Attempt);
        Assert.Empty((await store.TrainingSelections.AsNoTracking().SingleAsync(Stop)).RejectedIds);
        await studio.Experiments.CancelAsync(experiment.Id, Stop);
    }

    private static async Task<List<string>> LogAsync(StudioUnderTest studio, Guid id)
    {
        var events = await studio.Services.GetRequiredService<ExperimentLog>().ReadAsync(id, 0, cancellationToken: Stop).ToListAsync(Stop);
        return [.. events.Where(entry => entry.Kind == "log").Select(entry => JsonDocument.Parse(entry.Payload).RootElement.GetProperty("message").GetString()!)];
    }

    private static async Task<byte[]> BytesAsync(StudioUnderTest studio, long id)
    {
        var (_, content) = await studio.Services.GetRequiredService<ImageSets.ImageSetService>().OpenAsync(id, Stop);
        await using (content)
        {
            using var bytes = new MemoryStream();
            await content.CopyToAsync(bytes, Stop);
            return bytes.ToArray();
        }
    }
}
