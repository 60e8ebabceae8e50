namespace StableRep.Api.Sweeps;

/// <summary>The values of a sweep's axes, each in the syntax of <see cref="AxisSyntax"/>; null or empty where the sweep has one value for all.</summary>
public sealed record SweepAxes
{
    /// <summary>Scales of classifier-free guidance.</summary>
    public string? GuidanceScale { get; init; }

    /// <summary>Images of each caption.</summary>
    public string? ImagesPerPrompt { get; init; }

    /// <summary>Training methods.</summary>
    public string? Method { get; init; }

    /// <summary>Samplers.</summary>
    public string? Sampler { get; init; }

    /// <summary>Denoising steps.</summary>
    public string? Steps { get; init; }

    /// <summary>Passes over the captions.</summary>
    public string? Epochs { get; init; }

    /// <summary>Peak learning rates for 256 pairs of views.</summary>
    public string? BaseLearningRate { get; init; }

    /// <summary>Seeds of the noise: each has images of its own.</summary>
    public string? ImageSeed { get; init; }

    /// <summary>Seeds of training: first weights, order and augmentation. The images are shared.</summary>
    public string? TrainingSeed { get; init; }
}
