using StableRep.Engine.Runtime;
using StableRep.Engine.Training;

namespace StableRep.Engine.Augmentation;

/// <summary>
/// Draws augmentations. A draw follows from the seed, the epoch, the image and the view alone, never from the batch or from earlier draws, and
/// turning one step off leaves the other steps' draws as they were.
/// </summary>
internal sealed class AugmentationSampler(AugmentationSettings settings, long seed)
{
    private const int CropAttempts = 10;

    private enum Stream
    {
        Crop,
        Flip,
        Downsample,
        Jitter,
        Grayscale,
        Blur,
        Solarize,
    }

    public AugmentationDraw Draw(long epoch, SampleKey sample, int view, int height, int width)
    {
        SeededRandom For(Stream stream) => new(seed, epoch, sample.SetIndex, sample.Image, view, (long)stream);

        var draw = new AugmentationDraw
        {
            Crop = Crop(For(Stream.Crop), height, width),
            Flip = Happens(For(Stream.Flip), settings.FlipProbability),
            DownsampleTo = Downsample(For(Stream.Downsample), Math.Min(height, width)),
            Grayscale = Happens(For(Stream.Grayscale), settings.GrayscaleProbability),
            BlurSigma = Blur(For(Stream.Blur)),
            Solarize = Happens(For(Stream.Solarize), settings.SolarizeProbability),
        };
        return WithJitter(draw, For(Stream.Jitter));
    }

    private static bool Happens(SeededRandom random, double probability) => random.NextDouble() < probability;

    /// <summary>torchvision's <c>RandomResizedCrop.get_params</c>: up to ten tries for a box that fits, then the middle.</summary>
    private CropBox Crop(SeededRandom random, int height, int width)
    {
        var (logMin, logMax) = (Math.Log(settings.CropAspectMin), Math.Log(settings.CropAspectMax));
        for (var attempt = 0; attempt < CropAttempts; attempt++)
        {
            var area = height * width * random.NextDouble(settings.CropScaleMin, settings.CropScaleMax);
            var aspect = Math.Exp(random.NextDouble(logMin, logMax));
            var boxWidth = (int)Math.Round(Math.Sqrt(area * aspect));
            var boxHeight = (int)Math.Round(Math.Sqrt(area / aspect));
            if (boxWidth > 0 && boxWidth <= width && boxHeight > 0 && boxHeight <= height)
            {
                return new CropBox(random.Next(height - boxHeight + 1), random.Next(width - boxWidth + 1), boxHeight, boxWidth);
            }
        }

        return Middle(height, width);
    }

    private CropBox Middle(int height, int width)
    {
        var aspect = Math.Clamp((double)width / height, settings.CropAspectMin, settings.CropAspectMax);
        var boxWidth = Math.Clamp((int)Math.Round(height * aspect), 1, width);
        var boxHeight = Math.Clamp((int)Math.Round(width / aspect), 1, height);
        return new CropBox((height - boxHeight) / 2, (width - boxWidth) / 2, boxHeight, boxWidth);
    }

    private int Downsample(SeededRandom random, int side)
    {
        var happens = random.NextDouble() < settings.DownsampleProbability;
        return happens ? Math.Max(1, (int)Math.Round(side * settings.DownsampleShares[random.Next(settings.DownsampleShares.Count)])) : 0;
    }

    private double Blur(SeededRandom random)
    {
        var happens = random.NextDouble() < settings.BlurProbability;
        return happens ? random.NextDouble(settings.BlurSigmaMin, settings.BlurSigmaMax) : 0;
    }

    private AugmentationDraw WithJitter(AugmentationDraw draw, SeededRandom random)
    {
        if (random.NextDouble() >= settings.JitterProbability)
        {
            return draw;
        }

        JitterPart[] order = [JitterPart.Brightness, JitterPart.Contrast, JitterPart.Saturation, JitterPart.Hue];
        random.Shuffle<JitterPart>(order, order.Length);
        return draw with
        {
            Jitter = order,
            JitterFactors =
            [
                Factor(ref random, settings.Brightness),
                Factor(ref random, settings.Contrast),
                Factor(ref random, settings.Saturation),
                random.NextDouble(-settings.Hue, settings.Hue),
            ],
        };
    }

    private static double Factor(ref SeededRandom random, double amount) => random.NextDouble(Math.Max(0, 1 - amount), 1 + amount);
}
