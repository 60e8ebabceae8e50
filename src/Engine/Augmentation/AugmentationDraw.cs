namespace StableRep.Engine.Augmentation;

/// <summary>One part of colour jitter.</summary>
public enum JitterPart
{
    /// <summary>Scales all values.</summary>
    Brightness,

    /// <summary>Scales the distance to the picture's mean grey.</summary>
    Contrast,

    /// <summary>Scales the distance to each pixel's grey.</summary>
    Saturation,

    /// <summary>Turns the colour circle.</summary>
    Hue,
}

/// <summary>What happens to one image in one view.</summary>
public sealed record AugmentationDraw
{
    /// <summary>The part of the picture that is kept.</summary>
    public required CropBox Crop { get; init; }

    /// <summary>Whether left and right are exchanged.</summary>
    public bool Flip { get; init; }

    /// <summary>The side that the picture is shrunk to and brought back from before the crop, in pixels, or 0.</summary>
    public int DownsampleTo { get; init; }

    /// <summary>The parts of colour jitter in their order; empty for none.</summary>
    public IReadOnlyList<JitterPart> Jitter { get; init; } = [];

    /// <summary>The factor of each part, by <see cref="JitterPart"/>; the hue's is in turns.</summary>
    public IReadOnlyList<double> JitterFactors { get; init; } = [1, 1, 1, 0];

    /// <summary>Whether the picture loses its colour.</summary>
    public bool Grayscale { get; init; }

    /// <summary>The blur's standard deviation in pixels, or 0 for none.</summary>
    public double BlurSigma { get; init; }

    /// <summary>Whether the picture is solarised.</summary>
    public bool Solarize { get; init; }
}

/// <summary>A rectangle of a picture, in pixels from its top left corner.</summary>
public readonly record struct CropBox(int Top, int Left, int Height, int Width);
