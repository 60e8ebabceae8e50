using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.Probes;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using StableRep.Testing;

namespace StableRep.Api.Tests.Probes;

public sealed class ZeroShotProbeTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_method_with_text_is_probed_by_class_names_with_the_tower_that_training_left()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var experiment = await studio.Experiments.CreateAsync(WithText(studio.Wanted("by names"), "stablerep+"), cancellationToken: Stop);
        await studio.StartAsync();
        await studio.Experiments.LaunchAsync(experiment.Id, Stop);
        var done = await studio.ReachAsync(experiment.Id, ExperimentState.Done, Stop);
        var probe = Assert.Single(done.Probes);
        var artifacts = studio.Services.GetRequiredService<IArtifactStore>();
        var folder = Path.GetDirectoryName(await artifacts.LocalPathAsync($"{done.EncoderKey}/model.safetensors", Stop))!;
        using var encoder = ImageTextEncoder.Load(folder, Path.Combine(folder, "image-text"), ComputeDevice.Cpu);
        var dataset = studio.Services.GetRequiredService<ProbeCatalogue>().Open("few-objects");
        var shape = encoder.Visual.Config;
        using var images = FeatureExtractor.Extract(
            FeatureEncoder.Of(encoder, shape.ImageSize, shape.Mean, shape.Std), dataset.Test, ComputeDevice.Cpu, cancellation: Stop);
        var expected = ZeroShot.Run(images, encoder.EmbedTexts, ComputeDevice.Cpu);
        Assert.Equal(expected.Top1, probe.Accuracy!.Value, 6);
        var stored = JsonSerializer.Deserialize<ClassificationMetrics>(probe.Result!, JsonSerializerOptions.Web)!;
        Assert.Equal(expected.Predictions, stored.Predictions);
    }

    [Fact]
    public async Task A_method_without_text_is_refused_a_zero_shot_probe()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var refused = await Assert.ThrowsAsync<InputException>(() =>
            studio.Experiments.CreateAsync(WithText(studio.Wanted("no text"), "stablerep"), cancellationToken: Stop));
        Assert.Contains("stablerep learns from no text", refused.Errors["probes"], StringComparison.Ordinal);
    }

    private static NewExperiment WithText(NewExperiment wanted, string method) => wanted with
    {
        Recipe = wanted.Recipe with { Method = method, TextTower = new TextTowerRecipe { Width = 32, Depth = 1, Heads = 2, EmbeddingWidth = 16 } },
        Probes = [new NewProbe(ProbeKind.ZeroShot, "few-objects")],
    };
}
