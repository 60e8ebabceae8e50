using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Images;

namespace StableRep.Engine.Studies;

/// <summary>An image set, by what decides its pixels: captions, images per prompt, generation settings and the generator's weights.</summary>
public sealed record ImageSetRecipe
{
    /// <summary>The captions, by index.</summary>
    public required IReadOnlyList<string> Captions { get; init; }

    /// <summary>Images of each caption, at least 1.</summary>
    public required int ImagesPerPrompt { get; init; }

    /// <summary>How they are generated; its batch size and decoding limit change only speed.</summary>
    public required GenerationSettings Settings { get; init; }

    /// <summary>The hash of the generator's weights (<see cref="GeneratorFolder.Hash"/>).</summary>
    public required string GeneratorHash { get; init; }

    /// <summary>The images in all.</summary>
    public long Count => (long)Captions.Count * ImagesPerPrompt;

    /// <summary>A name made of the content: two recipes with the same key are the same image set.</summary>
    public string Key()
    {
        var settings = Settings with { BatchSize = 1, DecodedPixels = 1 };
        var identity = string.Create(CultureInfo.InvariantCulture, $"{GeneratorHash}\n{ImagesPerPrompt}\n{settings}\n{string.Join('\n', Captions)}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..24];
    }

    /// <summary>What travels inside the file of one image.</summary>
    public GenerationRecord Record(ImageRequest request) => new()
    {
        Caption = request.Caption,
        CaptionIndex = request.CaptionIndex,
        ImageIndex = request.ImageIndex,
        Seed = Settings.Seed,
        GuidanceScale = Settings.GuidanceScale,
        Steps = Settings.Steps,
        Sampler = Settings.Sampler ?? "default",
        CheckpointHash = GeneratorHash,
        NegativePrompt = Settings.NegativePrompt,
    };
}
