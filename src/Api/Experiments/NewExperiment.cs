using StableRep.Api.ImageSets;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>What a person chooses of an experiment.</summary>
public sealed record NewExperiment
{
    /// <summary>What to call it, at most 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The images to train on.</summary>
    public required ImageSetSettings Images { get; init; }

    /// <summary>How to train.</summary>
    public required TrainingRecipe Recipe { get; init; }

    /// <summary>The probes to run once it is trained.</summary>
    public IReadOnlyList<NewProbe> Probes { get; init; } = [];

    /// <summary>Whose turn comes first: higher before lower, from -10 to 10.</summary>
    public int Priority { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What is noted about it.</summary>
    public string Notes { get; init; } = "";
}

/// <summary>One probe to run.</summary>
/// <param name="Kind">How the encoder is evaluated.</param>
/// <param name="Dataset">The probe dataset's name.</param>
public sealed record NewProbe(ProbeKind Kind, string Dataset);

/// <summary>What launching an experiment would take.</summary>
/// <param name="Images">Images of its image set.</param>
/// <param name="MissingImages">Those that are not generated yet.</param>
/// <param name="MissingShards">The shards in which they are generated.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="GenerationSeconds">The estimated time of generation by one worker, from measured speeds; null before there is a measurement.</param>
/// <param name="TrainingSeconds">The estimated time of training, likewise.</param>
/// <param name="DiskBytes">The space that images, checkpoints and the encoder will take.</param>
/// <param name="FreeBytes">The space that there is, without what stays in reserve.</param>
/// <param name="Refusal">Why it cannot be launched, or null when it can.</param>
public sealed record ExperimentPlan(
    long Images, long MissingImages, int MissingShards, long Steps, double? GenerationSeconds, double? TrainingSeconds, long DiskBytes, long FreeBytes, string? Refusal);
