using StableRep.Engine.Images;

namespace StableRep.Engine.Diffusion;

/// <summary>One image to generate.</summary>
/// <param name="CaptionIndex">The caption's index in its caption set, from 0.</param>
/// <param name="Caption">The caption.</param>
/// <param name="ImageIndex">The image's index among the images of its caption, from 0.</param>
public readonly record struct ImageRequest(int CaptionIndex, string Caption, int ImageIndex)
{
    /// <summary>Every image of some captions, caption by caption.</summary>
    /// <param name="captions">The captions.</param>
    /// <param name="imagesPerCaption">The number m of images of each.</param>
    /// <param name="firstCaption">The index of the first of them in its caption set.</param>
    public static IReadOnlyList<ImageRequest> All(IReadOnlyList<string> captions, int imagesPerCaption, int firstCaption = 0) =>
    [
        .. captions.SelectMany((caption, i) =>
            Enumerable.Range(0, imagesPerCaption).Select(image => new ImageRequest(firstCaption + i, caption, image))),
    ];
}

/// <summary>One generated image.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Image">The picture.</param>
public sealed record GeneratedImage(ImageRequest Request, PixelImage Image);
