using StableRep.Engine.Images;

namespace StableRep.Engine.Augmentation;

/// <summary>
/// Every knob of the training augmentation. The steps run in this order: downsample and upsample, crop with resize, horizontal flip, colour
/// jitter, grayscale, blur, solarise, normalise. A step with probability 0 is off.
/// </summary>
public sealed record AugmentationSettings
{
    /// <summary>The side of the augmented pictures, in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>The smallest share of the picture's area that a crop takes, in (0, <see cref="CropScaleMax"/>].</summary>
    public double CropScaleMin { get; init; } = 0.08;

    /// <summary>The largest share of the picture's area that a crop takes, at most 1.</summary>
    public double CropScaleMax { get; init; } = 1;

    /// <summary>The narrowest crop, width over height; the log of the ratio is drawn uniformly.</summary>
    public double CropAspectMin { get; init; } = 3.0 / 4;

    /// <summary>The widest crop, width over height.</summary>
    public double CropAspectMax { get; init; } = 4.0 / 3;

    /// <summary>The filter of the crop's resize, antialiased.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>The probability of a horizontal flip.</summary>
    public double FlipProbability { get; init; } = 0.5;

    /// <summary>The probability of colour jitter, whose four parts run in a random order.</summary>
    public double JitterProbability { get; init; }

    /// <summary>Brightness is multiplied by a number in [1 - b, 1 + b].</summary>
    public double Brightness { get; init; } = 0.4;

    /// <summary>Contrast is multiplied by a number in [1 - c, 1 + c].</summary>
    public double Contrast { get; init; } = 0.4;

    /// <summary>Saturation is multiplied by a number in [1 - s, 1 + s].</summary>
    public double Saturation { get; init; } = 0.4;

    /// <summary>Hue is turned by a number in [-h, h], in turns, at most 0.5.</summary>
    public double Hue { get; init; } = 0.1;

    /// <summary>The probability of losing all colour.</summary>
    public double GrayscaleProbability { get; init; }

    /// <summary>The probability of a Gaussian blur.</summary>
    public double BlurProbability { get; init; }

    /// <summary>The smallest standard deviation of the blur, in pixels.</summary>
    public double BlurSigmaMin { get; init; } = 0.1;

    /// <summary>The largest standard deviation of the blur, in pixels.</summary>
    public double BlurSigmaMax { get; init; } = 2;

    /// <summary>The blur's kernel, odd, in pixels.</summary>
    public int BlurKernel { get; init; } = 23;

    /// <summary>The probability of solarising: values from <see cref="SolarizeThreshold"/> on are inverted.</summary>
    public double SolarizeProbability { get; init; }

    /// <summary>The value in [0, 1] from which solarising inverts.</summary>
    public double SolarizeThreshold { get; init; } = 0.5;

    /// <summary>The probability of the paper's downsampling, which hides that generated pictures are sharper than real ones.</summary>
    public double DownsampleProbability { get; init; }

    /// <summary>The sizes that downsampling chooses from, as shares of the source picture: 64 and 128 of 256 pixels in the reference.</summary>
    public IReadOnlyList<double> DownsampleShares { get; init; } = [0.25, 0.5];

    /// <summary>Subtracted from red, green and blue at the end: ImageNet's mean.</summary>
    public IReadOnlyList<double> Mean { get; init; } = [0.485, 0.456, 0.406];

    /// <summary>Then divides red, green and blue: ImageNet's standard deviation.</summary>
    public IReadOnlyList<double> StandardDeviation { get; init; } = [0.229, 0.224, 0.225];

    /// <summary>
    /// The reference's training augmentation, SimCLR's (arXiv 2002.05709): crops of 8-100 %, jitter 0.4/0.4/0.4/0.1 at 0.8, grayscale at 0.2,
    /// blur at 0.5, flip. The blur's kernel (23 pixels) and largest sigma (2 pixels) are the reference's at 224 pixels and shrink with
    /// <paramref name="size"/>.
    /// </summary>
    public static AugmentationSettings Strong(int size) => new()
    {
        Size = size,
        JitterProbability = 0.8,
        GrayscaleProbability = 0.2,
        BlurProbability = 0.5,
        BlurKernel = Math.Max(3, (int)Math.Round(23 * size / 224.0 / 2 - 0.5) * 2 + 1),
        BlurSigmaMax = Math.Max(0.2, 2 * size / 224.0),
    };

    /// <summary>Crops of 50-100 % and a flip. The reference's weak augmentation has no flip: set <see cref="FlipProbability"/> to 0 for it.</summary>
    public static AugmentationSettings Weak(int size) => new() { Size = size, CropScaleMin = 0.5 };

    /// <summary>The whole picture, resized and normalised; nothing random.</summary>
    public static AugmentationSettings None(int size) =>
        new() { Size = size, CropScaleMin = 1, CropAspectMin = 1, CropAspectMax = 1, FlipProbability = 0 };

    /// <summary>A preset by its name in a recipe.</summary>
    /// <param name="name"><c>strong</c>, <c>weak</c> or <c>none</c>.</param>
    /// <param name="size">The side of the augmented pictures, in pixels.</param>
    /// <exception cref="ArgumentException">There is no such preset.</exception>
    public static AugmentationSettings Preset(string name, int size) => name switch
    {
        "strong" => Strong(size),
        "weak" => Weak(size),
        "none" => None(size),
        _ => throw new ArgumentException($"'{name}' is not an augmentation preset: write strong, weak or none.", nameof(name)),
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it and the range.</exception>
    public void Validate()
    {
        Require(Size >= 1, nameof(Size), Size, "at least 1");
        Require(CropScaleMin > 0 && CropScaleMin <= CropScaleMax, nameof(CropScaleMin), CropScaleMin, $"in (0, {CropScaleMax}]");
        Require(CropScaleMax <= 1, nameof(CropScaleMax), CropScaleMax, "at most 1");
        Require(CropAspectMin > 0 && CropAspectMin <= CropAspectMax, nameof(CropAspectMin), CropAspectMin, $"in (0, {CropAspectMax}]");
        Require(double.IsFinite(CropAspectMax), nameof(CropAspectMax), CropAspectMax, "finite");
        RequireShare(FlipProbability, nameof(FlipProbability));
        RequireShare(JitterProbability, nameof(JitterProbability));
        RequireAmount(Brightness, nameof(Brightness));
        RequireAmount(Contrast, nameof(Contrast));
        RequireAmount(Saturation, nameof(Saturation));
        Require(Hue is >= 0 and <= 0.5, nameof(Hue), Hue, "in [0, 0.5]");
        RequireShare(GrayscaleProbability, nameof(GrayscaleProbability));
        RequireShare(BlurProbability, nameof(BlurProbability));
        Require(BlurSigmaMin > 0 && BlurSigmaMin <= BlurSigmaMax, nameof(BlurSigmaMin), BlurSigmaMin, $"in (0, {BlurSigmaMax}]");
        Require(double.IsFinite(BlurSigmaMax), nameof(BlurSigmaMax), BlurSigmaMax, "finite");
        Require(BlurKernel % 2 == 1 && BlurKernel >= 1 && (BlurProbability == 0 || BlurKernel / 2 < Size),
            nameof(BlurKernel), BlurKernel, $"odd and less than twice the size ({Size})");
        RequireShare(SolarizeProbability, nameof(SolarizeProbability));
        RequireShare(SolarizeThreshold, nameof(SolarizeThreshold));
        RequireShare(DownsampleProbability, nameof(DownsampleProbability));
        Require(DownsampleProbability == 0 || DownsampleShares.Count > 0, nameof(DownsampleShares), "empty", "at least one share");
        foreach (var share in DownsampleShares)
        {
            Require(share is > 0 and <= 1, nameof(DownsampleShares), share, "in (0, 1]");
        }

        Require(Mean.Count == 3, nameof(Mean), Mean.Count, "three numbers");
        Require(StandardDeviation.Count == 3 && StandardDeviation.All(value => value > 0),
            nameof(StandardDeviation), string.Join(", ", StandardDeviation), "three positive numbers");
    }

    private static void RequireShare(double value, string name) => Require(value is >= 0 and <= 1, name, value, "in [0, 1]");

    private static void RequireAmount(double value, string name) => Require(value >= 0 && double.IsFinite(value), name, value, "at least 0");

    private static void Require(bool holds, string name, object value, string range)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"The augmentation's {name} is {value} and must be {range}."));
        }
    }
}
