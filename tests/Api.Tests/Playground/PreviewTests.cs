using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Api.Playground;
using StableRep.Data.Artifacts;
using StableRep.Data.Hosting;
using StableRep.Data.Playground;
using StableRep.Engine.Images;
using StableRep.Testing;

namespace StableRep.Api.Tests.Playground;

public sealed class PreviewTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_preview_comes_image_by_image_each_announced_and_with_its_record_and_columns_measured()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var previews = studio.Services.GetRequiredService<PreviewService>();
        await studio.StartAsync();
        var preview = await previews.StartAsync(Wanted(studio) with { GuidanceScales = [1, 4], Seeds = [3, 9], NegativePrompt = "snow" }, null, Stop);
        Assert.Equal((PreviewState.Pending, 4), (preview.State, preview.Images.Count));
        Assert.All(preview.Images, image => Assert.Null(image.Address));
        var announced = new List<string>();
        using (studio.Services.GetRequiredService<ExperimentFeed>().SubscribeTopic(PreviewService.Topic(preview.Id), payload =>
        {
            announced.Add(payload);
            return Task.CompletedTask;
        }))
        {
            preview = await OverAsync(previews, preview.Id);
        }

        Assert.Equal((PreviewState.Done, null), (preview.State, preview.Failure));
        Assert.Equal([(3, 1), (3, 4), (9, 1), (9, 4)], preview.Images.Select(image => (image.Cell.Seed, image.Cell.GuidanceScale)));
        Assert.Equal($"/api/v1/previews/{preview.Id}/images/3", preview.Images[3].Address);
        Assert.All(preview.Measures, measure => Assert.True(measure is { Images: 2, PixelDiversity: > 0 and < 1 }, $"{measure}"));
        Assert.NotEmpty(announced);
        var records = new List<GenerationRecord>();
        for (var index = 0; index < 4; index++)
        {
            await using var file = await previews.OpenImageAsync(preview.Id, index, Stop);
            using var bytes = new MemoryStream();
            await file.CopyToAsync(bytes, Stop);
            records.Add(ImageCodec.ReadRecord(bytes.ToArray())!);
        }

        Assert.Equal([(3, 1, ""), (3, 4, "snow"), (9, 1, ""), (9, 4, "snow")], records.Select(record => (record.Seed, record.GuidanceScale, record.NegativePrompt)));
        await Assert.ThrowsAsync<MissingException>(() => previews.OpenImageAsync(preview.Id, 4, Stop));
    }

    [Fact]
    public async Task A_preview_of_captions_shows_the_images_of_the_image_set()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var previews = studio.Services.GetRequiredService<PreviewService>();
        await studio.StartAsync();
        var wanted = studio.Wanted("same");
        var experiment = await studio.Experiments.CreateAsync(wanted, cancellationToken: Stop);
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        await studio.ReachAsync(experiment.Id, Data.Experiments.ExperimentState.Done, Stop);
        var preview = await previews.StartAsync(
            new NewPreview
            {
                GeneratorId = studio.GeneratorId,
                Prompts = [new("a picture of 3 things", 2)],
                GuidanceScales = [wanted.Images.GuidanceScale],
                Seeds = [wanted.Images.Seed],
                ImagesPerPrompt = wanted.Images.ImagesPerPrompt,
                Steps = wanted.Images.Steps,
            },
            null,
            Stop);
        preview = await OverAsync(previews, preview.Id);
        Assert.Equal((PreviewState.Done, null), (preview.State, preview.Failure));
        var sets = studio.Services.GetRequiredService<ImageSets.ImageSetService>();
        var images = (await sets.ListAsync(experiment.ImageSetId, null, 100, Stop)).Where(image => image.CaptionIndex == 2).ToList();
        Assert.Equal(wanted.Images.ImagesPerPrompt, images.Count);
        foreach (var image in images)
        {
            var (_, kept) = await sets.OpenAsync(image.Id, Stop);
            await using var shown = await previews.OpenImageAsync(preview.Id, image.ImageIndex, Stop);
            var (first, second) = (await PixelsAsync(kept), await PixelsAsync(shown));

            // An image alone and one in a batch differ by the rounding of floating point.
            var largest = first.Zip(second, (left, right) => Math.Abs(left - right)).Max();
            Assert.True(largest <= 2, $"image {image.ImageIndex} differs by {largest}");
        }
    }

    [Fact]
    public async Task CancelAsync_while_it_waits_means_that_no_worker_draws_it()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var previews = studio.Services.GetRequiredService<PreviewService>();
        var unwanted = await previews.StartAsync(Wanted(studio), null, Stop);
        await previews.CancelAsync(unwanted.Id, Stop);
        var wanted = await previews.StartAsync(Wanted(studio), null, Stop);
        await studio.StartAsync();
        await OverAsync(previews, wanted.Id);
        unwanted = await previews.GetAsync(unwanted.Id, Stop);
        Assert.Equal(PreviewState.Cancelled, unwanted.State);
        Assert.All(unwanted.Images, image => Assert.Null(image.Address));
    }

    [Fact]
    public async Task StartAsync_names_each_wrong_field_and_bounds_what_one_person_asks_for()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var previews = studio.Services.GetRequiredService<PreviewService>();
        var wrong = Wanted(studio) with
        {
            GeneratorId = Guid.Empty,
            Prompts = [new PreviewPrompt("   ")],
            GuidanceScales = [2, 2, 1000],
            Seeds = [],
            Sampler = "magic",
            Steps = 0,
            NegativePrompt = new string('x', 3000),
        };
        var refusal = await Assert.ThrowsAsync<InputException>(() => previews.StartAsync(wrong, null, Stop));
        Assert.Equal(["generatorId", "guidanceScales", "negativePrompt", "prompts", "sampler", "seeds", "steps"], refusal.Errors.Keys.Order());
        var many = Wanted(studio) with { Seeds = [.. Enumerable.Range(0, 101).Select(seed => (long)seed)] };
        Assert.Contains("101 images", (await Assert.ThrowsAsync<InputException>(() => previews.StartAsync(many, null, Stop))).Message, StringComparison.Ordinal);
        for (var open = 0; open < PreviewService.MaxOpen; open++)
        {
            await previews.StartAsync(Wanted(studio), null, Stop);
        }

        await Assert.ThrowsAsync<ConflictException>(() => previews.StartAsync(Wanted(studio), null, Stop));
    }

    [Fact]
    public async Task The_sweep_fails_what_lost_its_worker_and_deletes_what_is_old_with_its_files()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var previews = studio.Services.GetRequiredService<PreviewService>();
        var sweep = studio.Services.GetServices<IHostedService>().OfType<PreviewSweep>().Single();
        var lost = await previews.StartAsync(Wanted(studio), null, Stop);
        var old = await previews.StartAsync(Wanted(studio), null, Stop);
        await using var store = StudioStore.Open(studio.Database.Source);
        await store.Previews.Where(row => row.Id == lost.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.State, PreviewState.Running), Stop);
        await store.Previews.Where(row => row.Id == old.Id).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, PreviewState.Done).SetProperty(row => row.DoneCount, 1)
                .SetProperty(row => row.CreatedAt, row => DateTimeOffset.UnixEpoch), Stop);
        var artifacts = studio.Services.GetRequiredService<IArtifactStore>();
        var path = Path.GetTempFileName();
        await artifacts.PutAsync(PreviewService.ImageKey(old.Id, 0), path, Stop);

        await sweep.SweepAsync(Stop);

        var failed = await previews.GetAsync(lost.Id, Stop);
        Assert.Equal(PreviewState.Failed, failed.State);
        Assert.Contains("worker was lost", failed.Failure, StringComparison.Ordinal);
        await Assert.ThrowsAsync<MissingException>(() => previews.GetAsync(old.Id, Stop));
        Assert.Null(await artifacts.LengthAsync(PreviewService.ImageKey(old.Id, 0), Stop));
    }

    private static NewPreview Wanted(StudioUnderTest studio) =>
        new() { GeneratorId = studio.GeneratorId, Prompts = [new PreviewPrompt("a red house")], GuidanceScales = [2], Seeds = [1], Steps = 2 };

    private static async Task<byte[]> PixelsAsync(Stream file)
    {
        await using (file)
        {
            using var bytes = new MemoryStream();
            await file.CopyToAsync(bytes, Stop);
            return ImageCodec.Decode(bytes.ToArray()).Rgb;
        }
    }

    private static async Task<PreviewView> OverAsync(PreviewService previews, Guid id)
    {
        for (var start = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(2);)
        {
            var preview = await previews.GetAsync(id, Stop);
            if (preview.IsOver)
            {
                return preview;
            }

            await Task.Delay(50, Stop);
        }

        throw new TimeoutException($"The preview {id} is not over.");
    }
}
