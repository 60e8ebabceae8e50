using StableRep.Engine.Images;

namespace StableRep.Engine.Training;

/// <summary>The images that a training run reads, grouped into positive sets. Implementations are safe for use from several threads.</summary>
public interface IPositiveSetSource
{
    /// <summary>The number of positive sets (captions that have at least one image).</summary>
    int Count { get; }

    /// <summary>The set at <paramref name="index"/>, without its pixels.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not in [0, <see cref="Count"/>).</exception>
    PositiveSet Get(int index);

    /// <summary>Reads and decodes one image.</summary>
    /// <param name="index">The set, in [0, <see cref="Count"/>).</param>
    /// <param name="image">The image of the set, in [0, <see cref="PositiveSet.ImageCount"/>).</param>
    PixelImage Read(int index, int image);
}

/// <summary>One caption and how many images it has.</summary>
/// <param name="CaptionIndex">The caption's index in its caption set.</param>
/// <param name="Caption">The caption's text.</param>
/// <param name="ImageCount">The number of images, at least 1; sets of one source may differ (ragged) where images were rejected.</param>
/// <param name="Label">The class, for supervised training and probes, or null.</param>
public sealed record PositiveSet(int CaptionIndex, string Caption, int ImageCount, int? Label = null);
