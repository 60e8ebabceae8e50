using StableRep.Engine.Runtime;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>One run of <see cref="GeneratorTrainer"/>.</summary>
public sealed record GeneratorTrainingOptions
{
    /// <summary>What to train and how.</summary>
    public required GeneratorRecipe Recipe { get; init; }

    /// <summary>Where the finished generator goes, in the diffusers layout with fp16 weights. Replaced whole at the end; an earlier one stays until then.</summary>
    public required string OutputFolder { get; init; }

    /// <summary>Where checkpoints, encoded images and pictures are kept while the run lasts; null for the output folder's name with <c>.training</c>.</summary>
    public string? WorkFolder { get; init; }

    /// <summary>A generator in the diffusers layout to start from; null starts from random weights.</summary>
    public string? InitialFolder { get; init; }

    /// <summary>Whether a run that the work folder holds is continued. Without, a work folder that is not empty is an error.</summary>
    public bool Resume { get; init; }

    /// <summary>Decides weights, order and noise: the same seed, recipe and images give the same generator on the same machine.</summary>
    public ulong Seed { get; init; }

    /// <summary>The most time for training the denoiser in this call; the run then ends with a checkpoint and a usable generator. Null for no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Where to compute.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>The work folder's full path.</summary>
    public string WorkFolderPath => Path.GetFullPath(WorkFolder ?? Path.TrimEndingDirectorySeparator(OutputFolder) + ".training");
}
