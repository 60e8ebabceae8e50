namespace StableRep.Api.Playground;

/// <summary>A few images to look at: every prompt with every seed at every guidance scale.</summary>
public sealed record NewPreview
{
    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>What the images show.</summary>
    public required IReadOnlyList<PreviewPrompt> Prompts { get; init; }

    /// <summary>The scales of classifier-free guidance.</summary>
    public IReadOnlyList<double> GuidanceScales { get; init; } = [7.5];

    /// <summary>The seeds of the noise. Images of one seed at different scales begin with the same noise.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [0];

    /// <summary>Images of each prompt, seed and scale: those of an image set with this seed.</summary>
    public int ImagesPerPrompt { get; init; } = 1;

    /// <summary>The sampler, or null for the generator's own.</summary>
    public string? Sampler { get; init; }

    /// <summary>Denoising steps.</summary>
    public int Steps { get; init; } = 25;

    /// <summary>What the images should not show.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>How much of the conditional prediction's deviation guidance gives back, from 0 to 1.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>How many images that is.</summary>
    internal long Count => (long)Prompts.Count * GuidanceScales.Count * Seeds.Count * ImagesPerPrompt;

    /// <summary>The images in the order in which they are made: a seed's images at all scales follow each other, to be compared early.</summary>
    internal IReadOnlyList<PreviewCell> Cells() =>
    [
        .. from prompt in Enumerable.Range(0, Prompts.Count)
        from seed in Seeds
        from image in Enumerable.Range(0, ImagesPerPrompt)
        from scale in GuidanceScales
        select new PreviewCell(prompt, seed, image, scale),
    ];
}

/// <summary>A prompt of a preview.</summary>
/// <param name="Text">The prompt.</param>
/// <param name="CaptionIndex">The number of the caption whose noise is used, so that a preview shows what an image set will hold.</param>
public sealed record PreviewPrompt(string Text, int CaptionIndex = 0);

/// <summary>One image of a preview.</summary>
/// <param name="Prompt">The prompt's place in the request, from 0.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Image">The image's number among those of the prompt and seed, from 0.</param>
/// <param name="GuidanceScale">The guidance scale.</param>
public sealed record PreviewCell(int Prompt, long Seed, int Image, double GuidanceScale);

/// <summary>What was measured of a prompt's images at one guidance scale.</summary>
/// <param name="Prompt">The prompt's place in the request, from 0.</param>
/// <param name="GuidanceScale">The guidance scale.</param>
/// <param name="Images">The images so far.</param>
/// <param name="PixelDiversity">
/// The root mean square difference of two images' pixels at 32 × 32, averaged over pairs, from 0 to 1; null for fewer than two images.
/// </param>
public sealed record PreviewMeasure(int Prompt, double GuidanceScale, int Images, double? PixelDiversity);
