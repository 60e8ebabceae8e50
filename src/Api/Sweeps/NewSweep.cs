using StableRep.Api.Experiments;
using StableRep.Api.ImageSets;
using StableRep.Engine.Training;

namespace StableRep.Api.Sweeps;

/// <summary>What a person chooses of a sweep: the settings that all its experiments share, and the axes that vary some of them.</summary>
public sealed record NewSweep
{
    /// <summary>What to call it, at most 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What varies.</summary>
    public required SweepAxes Axes { get; init; }

    /// <summary>The images to train on, where no axis says otherwise.</summary>
    public required ImageSetSettings Images { get; init; }

    /// <summary>How to train, where no axis says otherwise.</summary>
    public required TrainingRecipe Recipe { get; init; }

    /// <summary>The probes to run on each encoder. A zero-shot probe is left out where the method learns from no text.</summary>
    public IReadOnlyList<NewProbe> Probes { get; init; } = [];

    /// <summary>
    /// Whether experiments with more images per prompt take as many captions fewer a batch and as many epochs fewer, so that all see the
    /// same number of images in batches of the same size, as in the paper. Otherwise all see each caption equally often.
    /// </summary>
    public bool EqualImagesSeen { get; init; } = true;

    /// <summary>Whose turn comes first: higher before lower, from -10 to 10.</summary>
    public int Priority { get; init; }

    /// <summary>Words to find its experiments by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
