using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Augmentation;

/// <summary>
/// Augments whole batches on the training device. What happens to an image follows from (seed, epoch, image, view) alone, so that it is the
/// same in any batch and after any resume. Safe for use from several threads.
/// </summary>
public sealed class Augmenter
{
    private const long CpuWorkingBytes = 1 << 26;
    private const long CudaWorkingBytes = 1 << 30;
    private readonly AugmentationSettings _settings;
    private readonly AugmentationSampler _sampler;

    /// <summary>Checks the settings.</summary>
    /// <param name="settings">The augmentation.</param>
    /// <param name="seed">The seed of every draw.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public Augmenter(AugmentationSettings settings, long seed)
    {
        settings.Validate();
        (_settings, _sampler) = (settings, new AugmentationSampler(settings, seed));
    }

    /// <summary>One view of every image of a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="view">The view's number from 0: methods that compare two crops of one image take views 0 and 1.</param>
    /// <param name="device">Where to compute and where the result lies.</param>
    /// <returns><c>[N, 3, Size, Size]</c> fp32, normalised, contiguous, of the caller's dispose scope; rows as in the batch.</returns>
    public Tensor Apply(TrainingBatch batch, int view, Device device) =>
        Apply(batch.Images, Draw(batch.Position.Epoch, batch.Samples, view, (int)batch.Images.shape[2], (int)batch.Images.shape[3]), device);

    /// <summary>What will happen to the images of the given identities.</summary>
    /// <param name="epoch">The pass over the source, from 0.</param>
    /// <param name="samples">The images' identities.</param>
    /// <param name="view">The view's number, from 0.</param>
    /// <param name="height">The images' height before augmentation, in pixels.</param>
    /// <param name="width">The images' width before augmentation, in pixels.</param>
    public IReadOnlyList<AugmentationDraw> Draw(long epoch, IReadOnlyList<SampleKey> samples, int view, int height, int width) =>
        [.. samples.Select(sample => _sampler.Draw(epoch, sample, view, height, width))];

    /// <summary>Applies one draw to each image.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> uint8, or floats in [0, 1], on any device.</param>
    /// <param name="draws">N draws.</param>
    /// <param name="device">Where to compute and where the result lies.</param>
    /// <returns><c>[N, 3, Size, Size]</c> fp32, normalised, contiguous, of the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The numbers of images and draws differ, or a crop leaves its image.</exception>
    public Tensor Apply(Tensor images, IReadOnlyList<AugmentationDraw> draws, Device device)
    {
        if (images.shape[0] != draws.Count)
        {
            throw new ArgumentException($"There are {images.shape[0]} images and {draws.Count} draws.", nameof(draws));
        }

        // Whoever encodes the views in half precision gets them in full: resampling is a matrix product too.
        using var exact = Autocast.Off(device.type);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var chunk = ChunkSize(images, device);
        if (draws.Count <= chunk)
        {
            return Chunk(images, draws, device).MoveToOuterDisposeScope();
        }

        var result = empty([draws.Count, 3, _settings.Size, _settings.Size], ScalarType.Float32, device);
        for (var start = 0; start < draws.Count; start += chunk)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(chunk, draws.Count - start);
            result.narrow(0, start, count).copy_(Chunk(images.narrow(0, start, count), [.. draws.Skip(start).Take(count)], device));
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>How many images at once keep the matrices and intermediates within a fixed working memory.</summary>
    private int ChunkSize(Tensor images, Device device)
    {
        var (source, size) = (Math.Max(images.shape[2], images.shape[3]), (long)_settings.Size);
        var floats = 6 * source * source + 6 * source * size + 4 * 2 * source * size + 24 * size * size;
        var budget = device.type == TorchSharp.DeviceType.CUDA ? CudaWorkingBytes : CpuWorkingBytes;
        return (int)Math.Clamp(budget / (floats * sizeof(float)), 1, int.MaxValue);
    }

    private Tensor Chunk(Tensor images, IReadOnlyList<AugmentationDraw> draws, Device device)
    {
        // A copy in any case: the caller's floats stay as they are.
        var pixels = images.to(device, non_blocking: device.type == TorchSharp.DeviceType.CUDA).to(ScalarType.Float32, copy: true);
        pixels = images.dtype == ScalarType.Byte ? pixels.div_(255f) : pixels;
        pixels = Downsample(pixels, draws);
        pixels = ResampleOps.ResizedCrop(pixels, [.. draws.Select(draw => draw.Crop)], _settings.Size, _settings.Size, _settings.Interpolation,
            [.. draws.Select(draw => draw.Flip)]).clamp_(0, 1);
        Jitter(pixels, draws);
        Change(pixels, Where(draws, draw => draw.Grayscale), (part, _) => ColourOps.Grayscale(part));
        Change(pixels, Where(draws, draw => draw.BlurSigma > 0),
            (part, rows) => BlurOps.GaussianBlur(part, [.. rows.Select(row => draws[row].BlurSigma)], _settings.BlurKernel));
        Change(pixels, Where(draws, draw => draw.Solarize), (part, _) => ColourOps.Solarize(part, _settings.SolarizeThreshold));
        return ColourOps.Normalize(pixels, _settings.Mean, _settings.StandardDeviation);
    }

    private static Tensor Downsample(Tensor pixels, IReadOnlyList<AugmentationDraw> draws)
    {
        foreach (var side in draws.Select(draw => draw.DownsampleTo).Where(side => side > 0).Distinct())
        {
            Change(pixels, Where(draws, draw => draw.DownsampleTo == side), (part, _) => DownAndBack(part, side));
        }

        return pixels;
    }

    private static Tensor DownAndBack(Tensor images, int side)
    {
        var (height, width) = ((int)images.shape[2], (int)images.shape[3]);
        var shrink = (double)side / Math.Min(height, width);
        using var small = ResampleOps.Resize(
            images, Math.Max(1, (int)(height * shrink)), Math.Max(1, (int)(width * shrink)), Images.Interpolation.Bilinear);
        return ResampleOps.Resize(small, height, width, Images.Interpolation.Bilinear);
    }

    /// <summary>Each step of each image's own order: the images whose turn it is for one part are changed together.</summary>
    private static void Jitter(Tensor pixels, IReadOnlyList<AugmentationDraw> draws)
    {
        for (var step = 0; step < 4; step++)
        {
            foreach (var part in Enum.GetValues<JitterPart>())
            {
                var at = step;
                Change(pixels, Where(draws, draw => draw.Jitter.Count > at && draw.Jitter[at] == part), (images, rows) =>
                    Jitter(part, images, Factors(rows, row => draws[row].JitterFactors[(int)part], images.device)));
            }
        }
    }

    private static Tensor Jitter(JitterPart part, Tensor images, Tensor factor) => part switch
    {
        JitterPart.Brightness => ColourOps.Brightness(images, factor),
        JitterPart.Contrast => ColourOps.Contrast(images, factor),
        JitterPart.Saturation => ColourOps.Saturation(images, factor),
        _ => ColourOps.Hue(images, factor),
    };

    private static Tensor Factors(int[] rows, Func<int, double> factor, Device device) =>
        tensor(Array.ConvertAll(rows, row => (float)factor(row)), [rows.Length, 1, 1, 1], device: device);

    private static int[] Where(IReadOnlyList<AugmentationDraw> draws, Func<AugmentationDraw, bool> holds) =>
        [.. Enumerable.Range(0, draws.Count).Where(row => holds(draws[row]))];

    /// <summary>Replaces some rows of a batch by what an operation makes of them.</summary>
    private static void Change(Tensor pixels, int[] rows, Func<Tensor, int[], Tensor> operation)
    {
        if (rows.Length == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        var index = tensor(Array.ConvertAll(rows, row => (long)row), device: pixels.device);
        pixels.index_copy_(0, index, operation(pixels.index_select(0, index), rows));
    }
}
