namespace StableRep.Engine.Diffusion;

/// <summary>How images are generated: all that, besides the generator and the captions, decides what they look like.</summary>
public sealed record GenerationSettings
{
    /// <summary>The seed; an image's noise follows from it, the caption's index and the image's index.</summary>
    public long Seed { get; init; }

    /// <summary>The number of denoising steps, at least 1.</summary>
    public int Steps { get; init; } = 50;

    /// <summary>The scale w of classifier-free guidance (Ho and Salimans 2022): the prediction is <c>unconditional + w · (conditional −
    /// unconditional)</c>. At exactly 1 the unconditional half is not computed.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>How much of the conditional prediction's standard deviation is given back to the guided one (Lin et al. 2023), from 0 to 1.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>What the unconditional half sees; empty for nothing.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>One of <see cref="SchedulerFactory.Samplers"/>, or null for the sampler of the generator's own config.</summary>
    public string? Sampler { get; init; }

    /// <summary>DDIM's share of fresh noise, from 0 to 1.</summary>
    public double Eta { get; init; }

    /// <summary>How many of the text encoder's last blocks to leave out.</summary>
    public int ClipSkip { get; init; }

    /// <summary>The images' width in pixels, or null for the size that the generator was trained on.</summary>
    public int? Width { get; init; }

    /// <summary>The images' height in pixels, or null for the size that the generator was trained on.</summary>
    public int? Height { get; init; }

    /// <summary>Images denoised at once; with guidance the UNet sees twice as many. Does not change the images.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>The most pixels decoded at once; a single larger image is still decoded whole. Does not change the images.</summary>
    public int DecodedPixels { get; init; } = 1 << 21;

    internal bool Guided => GuidanceScale != 1;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(DecodedPixels, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(ClipSkip);
        if (!double.IsFinite(GuidanceScale))
        {
            throw new ArgumentOutOfRangeException(nameof(GuidanceScale), GuidanceScale, "The guidance scale must be a number.");
        }

        InUnitRange(GuidanceRescale, nameof(GuidanceRescale));
        InUnitRange(Eta, nameof(Eta));
    }

    private static void InUnitRange(double value, string name)
    {
        if (value is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must lie from 0 to 1.");
        }
    }
}
