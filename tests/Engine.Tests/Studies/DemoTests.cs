using StableRep.Engine.Evaluation;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Studies;
using StableRep.Engine.Training;
using StableRep.Engine.Tests.Evaluation;

namespace StableRep.Engine.Tests.Studies;

public sealed class DemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeGenerator _fake = new();

    private static DemoOptions Tiny { get; } = new()
    {
        Captions = 6,
        ImagesPerPrompt = 2,
        Recipe = TrainingRecipes.Named("demo") with
        {
            BackboneShape = VisionTransformerConfig.Named("vit-pocket") with { PatchSize = 16, Width = 32, Depth = 1, Heads = 1 },
            SetsPerBatch = 3,
            ImagesPerSet = 2,
            Epochs = 2,
            WarmupEpochs = 0.5,
            ProjectorHidden = 16,
            ProjectorOutput = 8,
        },
        Probe = new LinearProbeOptions { Epochs = 2, BatchSize = 16 },
        ProbeTrain = 54,
        ProbeTest = 36,
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_goes_from_captions_to_three_probes_and_the_second_time_finds_everything_done()
    {
        var observer = new RecordingObserver();
        var first = Run(observer);
        Assert.Equal(["generate", "train", "features", "probe"], observer.Stages.Select(stage => stage.Stage).Distinct());
        Assert.Contains(observer.Metrics, point => point.Series == "train/loss");
        Assert.Equal((12, 18, 36), (first.Images, first.Classes, first.StableRep.Test.Count));
        Assert.True(File.Exists(_folder.File("runs/stablerep/encoder/model.safetensors")));
        Assert.Equal(6, File.ReadLines(_folder.File("captions.txt")).Count());
        Assert.Contains(File.ReadLines(_folder.File("runs/stablerep/metrics.jsonl")), line => line.Contains("\"series\":\"train/loss\",\"step\":4,", StringComparison.Ordinal));

        var again = new RecordingObserver();
        var second = Run(again);
        Assert.Equal(12, _fake.Made);
        Assert.DoesNotContain(again.Stages, stage => stage.Stage is "generate" or "train");
        Assert.Equal(first.StableRep.Test.Predictions, second.StableRep.Test.Predictions);
        Assert.Equal(first.RawPixels.Test.Top1, second.RawPixels.Test.Top1);
    }

    [Fact]
    public void A_demo_that_stops_between_training_and_probe_does_not_train_again()
    {
        Run(NullRunObserver.Instance);
        File.Delete(_folder.File("runs/stablerep/result.json"));
        Assert.False(Directory.Exists(_folder.File("runs/stablerep/checkpoints")));
        var observer = new RecordingObserver();
        Run(observer);
        Assert.DoesNotContain(observer.Stages, stage => stage.Stage == "train");
    }

    [Fact]
    public void Another_seed_in_the_same_folder_is_another_experiment()
    {
        Run(NullRunObserver.Instance);
        new Demo(Tiny with { Seed = 1 }, _folder.Path, _fake.Generator, ComputeDevice.Cpu).Run();
        Assert.Equal(24, _fake.Made);
        Assert.Equal(2, Directory.GetDirectories(_folder.File("image-sets")).Length);
    }

    private DemoResult Run(IRunObserver observer) => new Demo(Tiny, _folder.Path, _fake.Generator, ComputeDevice.Cpu).Run(observer);
}
