namespace StableRep.Api.Sweeps;

/// <summary>What launching a sweep would take.</summary>
public sealed record SweepPlan
{
    /// <summary>The axes with their values.</summary>
    public required IReadOnlyList<SweepAxisValues> Axes { get; init; }

    /// <summary>The cells, the last axis running fastest.</summary>
    public required IReadOnlyList<SweepPlanCell> Cells { get; init; }

    /// <summary>The image sets, each of which is generated at most once.</summary>
    public required IReadOnlyList<SweepPlanImageSet> ImageSets { get; init; }

    /// <summary>The experiments that are made: cells with equal settings are one.</summary>
    public required int Experiments { get; init; }

    /// <summary>Images of all image sets.</summary>
    public required long Images { get; init; }

    /// <summary>Those that are not generated yet.</summary>
    public required long MissingImages { get; init; }

    /// <summary>Images that need not be generated, since experiments share them or they are there already.</summary>
    public required long SavedImages { get; init; }

    /// <summary>Optimizer steps of all experiments.</summary>
    public required long Steps { get; init; }

    /// <summary>The estimated time of generation by one worker, from measured speeds; null before there is a measurement.</summary>
    public double? GenerationSeconds { get; init; }

    /// <summary>The estimated time of all trainings, likewise.</summary>
    public double? TrainingSeconds { get; init; }

    /// <summary>The space that images, encoders and one training's checkpoints will take.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>The space that there is.</summary>
    public required long FreeBytes { get; init; }

    /// <summary>Why it cannot be launched, or null when it can.</summary>
    public string? Refusal { get; init; }
}

/// <summary>One cell of a plan.</summary>
/// <param name="Coordinates">The value of each axis, by its name.</param>
/// <param name="Experiment">The experiment's index: cells with equal settings have the same.</param>
/// <param name="ImageSet">The image set's index, or null where the cell is refused.</param>
/// <param name="Method">The method as which it is trained.</param>
/// <param name="SetsPerBatch">Captions in a batch.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="TrainingSeconds">The estimated time of training.</param>
/// <param name="Notes">What was done so that its settings fit each other.</param>
/// <param name="Refusal">Why it cannot be run, or null.</param>
public sealed record SweepPlanCell(
    IReadOnlyDictionary<string, string> Coordinates,
    int Experiment,
    int? ImageSet,
    string Method,
    int SetsPerBatch,
    long Steps,
    double? TrainingSeconds,
    IReadOnlyList<string> Notes,
    string? Refusal);

/// <summary>One image set of a plan.</summary>
/// <param name="GuidanceScale">The guidance scale.</param>
/// <param name="ImagesPerPrompt">Images of each caption.</param>
/// <param name="Sampler">The sampler.</param>
/// <param name="Steps">Denoising steps.</param>
/// <param name="Seed">The seed of the noise.</param>
/// <param name="Images">Its images.</param>
/// <param name="MissingImages">Those that are not generated yet.</param>
/// <param name="Exists">Whether an experiment has asked for it before.</param>
/// <param name="Experiments">The sweep's experiments that share it.</param>
public sealed record SweepPlanImageSet(
    double GuidanceScale, int ImagesPerPrompt, string Sampler, int Steps, long Seed, long Images, long MissingImages, bool Exists, int Experiments);
