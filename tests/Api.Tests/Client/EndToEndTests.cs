using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Client;
using StableRep.Data.Accounts;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using StableRep.Engine.Models;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;
using StableRep.Testing;

namespace StableRep.Api.Tests.Client;

public sealed class EndToEndTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_script_goes_from_captions_to_a_probed_encoder()
    {
        await using var studio = await StudioApplication.StartAsync(cluster, configure: builder => builder.AddWorker());
        SceneProbes.Export(SceneProbes.Create(SceneAttribute.Object, 60, 30, size: 16), Path.Combine(studio.Folder, "probe-datasets", "few-objects"), Stop);
        await studio.Services.GetRequiredService<GeneratorService>().RefreshAsync(Stop);
        using var http = await studio.CreateClientAsync(StudioRole.Researcher);
        var client = new StudioClient(http);

        var file = Encoding.UTF8.GetBytes("id,caption\n" + string.Concat(Enumerable.Range(1, 6).Select(number => $"{number},a red circle number {number}\n")) + "7,\n");
        var preview = await client.PreviewCaptionsAsync(new MemoryStream(file), "six.csv", cancellationToken: Stop);
        Assert.Equal((6, 1, "caption", null), (preview.Count, preview.EmptyCount, preview.Column, preview.ExistingId));
        var sent = 0L;
        var captions = await client.UploadCaptionsAsync(new MemoryStream(file), "six.csv", "six <b>circles</b>", progress: new Direct(bytes => sent = bytes), cancellationToken: Stop);
        Assert.Equal((6, "six <b>circles</b>", (long)file.Length), (captions.Count, captions.Name, sent));
        Assert.Equal(captions.Id, (await client.UploadCaptionsAsync(new MemoryStream(file), "again.csv", cancellationToken: Stop)).Id);
        Assert.Equal([4], await client.CaptionsAsync(captions.Id, new ListQuery("""text ~ "NUMBER 5" """), Stop).Select(caption => caption.Index).ToListAsync(Stop));

        var generator = (await client.GeneratorsAsync(Stop)).Single(known => known.Source == "bundled");
        var wanted = Wanted(captions.Id, generator.Id);
        var plan = await client.PlanAsync(wanted, Stop);
        Assert.Equal((12L, 12L, null), (plan.Images, plan.MissingImages, plan.Refusal));
        var experiment = await client.CreateExperimentAsync(wanted, launch: true, Stop);
        var events = await client.FollowAsync(experiment.Id, cancellationToken: Stop).ToListAsync(Stop);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(entry => entry.Sequence));
        experiment = await client.ExperimentAsync(experiment.Id, Stop);
        Assert.True(experiment.State == "done", $"{experiment.State}: {experiment.StateReason}");

        var images = await client.ImagesAsync(experiment.ImageSetId, new ListQuery(PageSize: 5), Stop).ToListAsync(Stop);
        Assert.Equal(Enumerable.Range(0, 12).Select(number => (number / 2, number % 2)), images.Select(image => (image.CaptionIndex, image.ImageIndex)));
        var picture = await BytesAsync(client.OpenImageAsync(images[3].Id, Stop));
        Assert.Equal(images[3].Bytes, picture.Length);
        Assert.Equal((generator.ImageSize, generator.ImageSize), ImageCodec.ReadSize(picture));
        Assert.Equal(Math.Min(64, generator.ImageSize), ImageCodec.ReadSize(await BytesAsync(client.OpenThumbnailAsync(images[3].Id, 64, Stop))).Width);

        Assert.Contains("train/loss", await client.SeriesAsync(experiment.Id, Stop));
        var points = await client.PointsAsync(experiment.Id, "train/loss", Stop);
        Assert.Equal([1, 2, 3], points.Select(point => point.Step));
        Assert.Equal(points.Count, (await client.CurveAsync(experiment.Id, "train/loss", cancellationToken: Stop)).Points);
        Assert.StartsWith("PAR1", Encoding.ASCII.GetString(await BytesAsync(client.OpenPointsAsync(experiment.Id, "train/loss", "parquet", Stop))), StringComparison.Ordinal);
        Assert.Equal(4, Encoding.UTF8.GetString(await BytesAsync(client.OpenPointsAsync(experiment.Id, "train/loss", "csv", Stop))).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        var probe = Assert.Single(experiment.Probes);
        Assert.InRange(probe.Accuracy!.Value, 0, 1);
        Assert.Equal(JsonValueKind.Object, (await client.ProbeAsync(experiment.Id, probe.Id, Stop)).Result!.Value.ValueKind);
        Assert.Contains(await client.EncoderFilesAsync(experiment.Id, Stop), stored => stored.Name == "model.safetensors" && stored.Bytes > 1000);
        Assert.NotEmpty(await BytesAsync(client.OpenEncoderFileAsync(experiment.Id, "config.json", Stop)));

        var edited = await client.EditExperimentAsync(experiment, new ExperimentEdit(Name: "renamed", Tags: ["kept"]), Stop);
        Assert.Equal(("renamed", "kept"), (edited.Name, edited.Tags[0]));
        Assert.Equal("stale", (await Assert.ThrowsAsync<StudioProblemException>(() => client.EditExperimentAsync(experiment, new ExperimentEdit(Name: "lost"), Stop))).Kind);
        var found = await client.ExperimentsAsync(new ListQuery("""state = "done" AND method = "stablerep" AND tags:"kept" AND knn_accuracy >= 0""", "name"), Stop).ToListAsync(Stop);
        Assert.Equal([experiment.Id], found.Select(row => row.Id));
        Assert.Equal("conflict", (await Assert.ThrowsAsync<StudioProblemException>(() => client.DeleteCaptionSetAsync(captions.Id, Stop))).Kind);
        await client.DeleteExperimentAsync(experiment.Id, Stop);
        await client.DeleteCaptionSetAsync(captions.Id, Stop);
        Assert.Equal("not-found", (await Assert.ThrowsAsync<StudioProblemException>(() => client.OpenImageAsync(images[0].Id, Stop))).Kind);
    }

    internal static NewExperiment Wanted(Guid captions, Guid generator) => new()
    {
        Name = "end to end",
        Images = new ImageSetSettings { CaptionSetId = captions, GeneratorId = generator, GuidanceScale = 2, ImagesPerPrompt = 2, Steps = 2, Seed = 7 },
        Recipe = JsonSerializer.Deserialize<JsonElement>(new TrainingRecipe
        {
            Method = "stablerep",
            BackboneShape = new VisionTransformerConfig { ImageSize = 16, PatchSize = 4, Width = 32, Depth = 1, Heads = 2, Pooling = TokenPooling.Average },
            SetsPerBatch = 2,
            ImagesPerSet = 2,
            Epochs = 1,
            WarmupEpochs = 0.5,
            ProjectorHidden = 32,
            ProjectorOutput = 16,
            Resolution = 16,
            Augmentation = AugmentationSettings.Weak(16),
        }.ToJson()),
        Probes = [new NewProbe("knn", "few-objects")],
    };

    private static async Task<byte[]> BytesAsync(Task<Stream> opening)
    {
        await using var stream = await opening;
        using var memory = new MemoryStream();
        await stream.CopyToAsync(memory, Stop);
        return memory.ToArray();
    }

    private sealed class Direct(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
