using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace StableRep.Api.ImageSets;

/// <summary>What a person chooses of an image set.</summary>
public sealed record ImageSetSettings
{
    /// <summary>The caption set.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>The scale of classifier-free guidance, from 0 to 100; 1 is none.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>Images of each caption, from 1 to 1000.</summary>
    public int ImagesPerPrompt { get; init; } = 4;

    /// <summary>The sampler, or null for the generator's own.</summary>
    public string? Sampler { get; init; }

    /// <summary>Denoising steps, from 1 to 1000.</summary>
    public int Steps { get; init; } = 25;

    /// <summary>The seed of the noise.</summary>
    public long Seed { get; init; }

    /// <summary>What the images should not show.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>How much of the conditional prediction's deviation guidance gives back, from 0 to 1.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>Only the first captions of the set, or null for all.</summary>
    public int? CaptionCount { get; init; }

    /// <summary>SHA-256 over everything that decides the pixels.</summary>
    internal string ContentKey(string captionsHash, string generatorHash, int imageSize, int captionCount) => Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"1\n{captionsHash}\n{captionCount}\n{generatorHash}\n{imageSize}\n{GuidanceScale:R}\n{GuidanceRescale:R}\n{ImagesPerPrompt}\n{Sampler}\n{Steps}\n{Seed}\n{NegativePrompt}"))));
}
