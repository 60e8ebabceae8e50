using StableRep.Engine.Diffusion;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>The settings of the demo; the defaults take a few minutes on two cores.</summary>
public sealed record DemoOptions
{
    /// <summary>Captions to generate for.</summary>
    public int Captions { get; init; } = 240;

    /// <summary>Images of each caption.</summary>
    public int ImagesPerPrompt { get; init; } = 4;

    /// <summary>How images are generated; its seed is <see cref="Seed"/>.</summary>
    public GenerationSettings Generation { get; init; } = new() { GuidanceScale = 3, Steps = 12, BatchSize = 64 };

    /// <summary>What the encoder is trained by; its seed is <see cref="Seed"/>.</summary>
    public TrainingRecipe Recipe { get; init; } = TrainingRecipes.Named("demo");

    /// <summary>The linear probe; its seed is <see cref="Seed"/>.</summary>
    public LinearProbeOptions Probe { get; init; } = new() { Epochs = 30, BatchSize = 256 };

    /// <summary>Train images of the probe dataset.</summary>
    public int ProbeTrain { get; init; } = 1800;

    /// <summary>Test images of the probe dataset.</summary>
    public int ProbeTest { get; init; } = 900;

    /// <summary>The seed of captions, images, training and probe.</summary>
    public int Seed { get; init; }
}

/// <summary>What the demo found.</summary>
/// <param name="Images">The images that were generated.</param>
/// <param name="Classes">The probe dataset's classes: guessing is right once in so many.</param>
/// <param name="StableRep">The trained encoder.</param>
/// <param name="RandomInit">The same encoder before training.</param>
/// <param name="RawPixels">The pixels themselves, at half the side.</param>
/// <param name="Folder">Where everything is.</param>
public sealed record DemoResult(
    long Images, int Classes, LinearProbeResult StableRep, LinearProbeResult RandomInit, LinearProbeResult RawPixels, string Folder);

/// <summary>
/// The whole of the product in a few minutes: sample captions become images, the images train an encoder, and a linear probe compares it with
/// its own random start and with raw pixels. Stopped at any moment it goes on where it was.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="folder">The demo's folder: captions, shards, checkpoints, features, metrics and results.</param>
/// <param name="generator">The generator.</param>
/// <param name="device">Where to compute.</param>
public sealed class Demo(DemoOptions options, string folder, StudyGenerator generator, ComputeDevice device)
{
    /// <summary>Runs what is not done yet.</summary>
    /// <param name="observer">Receives metrics, log, and progress in the stages <c>generate</c>, <c>train</c>, <c>features</c> and <c>probe</c>.</param>
    /// <param name="cancellation">Stops at the next image or step.</param>
    /// <exception cref="OperationCanceledException">Cancelled; what was done is kept.</exception>
    public DemoResult Run(IRunObserver? observer = null, CancellationToken cancellation = default)
    {
        var images = Captions();
        var set = new ImageSetFolder(Path.Combine(folder, "image-sets"), images);
        var dataset = DecodedImages.Of(SceneProbes.Create(SceneAttribute.Object, options.ProbeTrain, options.ProbeTest, (ulong)options.Seed));
        var probes = new ProbeSuiteOptions { Linear = options.Probe with { Seed = options.Seed }, Neighbours = null };
        var trained = new ExperimentCell
        {
            Name = "stablerep",
            Recipe = options.Recipe with { Seed = (ulong)options.Seed },
            ImagesKey = images.Key(),
            Probes = probes,
        };
        var random = trained with { Name = "random-init", IsRandom = true };
        LinearProbeResult Run(ExperimentCell cell) => cell.Run(
            Path.Combine(folder, "runs"),
            () => set.Make(generator.Generate, observer, cancellation),
            dataset,
            generator.TokenizerFolder,
            device,
            observer,
            cancellation).Probes.Linear!;

        var result = new DemoResult(
            images.Count, dataset.Train.ClassNames.Count, Run(trained), Run(random), ProbePixels(dataset, probes, observer, cancellation), Path.GetFullPath(folder));
        JsonFile.Write(Path.Combine(folder, "result.json"), result);
        return result;
    }

    private ImageSetRecipe Captions()
    {
        var captions = SceneCaptionSet.Create(options.Captions, (ulong)options.Seed);
        Directory.CreateDirectory(folder);
        captions.Write(Path.Combine(folder, "captions.txt"));
        return new ImageSetRecipe
        {
            Captions = [.. captions.Captions.Select(caption => caption.Text)],
            ImagesPerPrompt = options.ImagesPerPrompt,
            Settings = options.Generation with { Seed = options.Seed },
            GeneratorHash = generator.Hash,
        };
    }

    private LinearProbeResult ProbePixels(ProbeDataset dataset, ProbeSuiteOptions probes, IRunObserver? observer, CancellationToken cancellation)
    {
        var pixels = FeatureEncoder.RawPixels(options.Recipe.BackboneConfig().ImageSize / 2);
        return ProbeSuite.Run(pixels, dataset, probes, device, observer: observer, cancellation: cancellation).Linear!;
    }
}
