using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using StableRep.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Augmentation;

public sealed class AugmenterTests : IDisposable
{
    private static readonly AugmentationSettings Everything = AugmentationSettings.Strong(32) with
    {
        JitterProbability = 1,
        GrayscaleProbability = 0.3,
        BlurProbability = 0.7,
        SolarizeProbability = 0.4,
        DownsampleProbability = 0.5,
        Interpolation = Interpolation.Bicubic,
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void A_batch_is_what_each_step_makes_of_each_image_by_itself()
    {
        var images = Images(12, 40);
        var augmenter = new Augmenter(Everything, seed: 3);
        var draws = augmenter.Draw(epoch: 2, Keys(12), view: 1, 40, 40);
        var batch = augmenter.Apply(images, draws, CPU);
        Assert.Equal([12, 3, 32, 32], batch.shape);
        for (var i = 0; i < 12; i++)
        {
            Close(OneByOne(images.narrow(0, i, 1), draws[i]), batch.narrow(0, i, 1), 2e-5);
        }
    }

    [Fact]
    public void An_image_is_augmented_the_same_in_any_batch()
    {
        var images = Images(6, 40);
        var augmenter = new Augmenter(Everything, seed: 3);
        var keys = Keys(6);
        var whole = augmenter.Apply(images, augmenter.Draw(5, keys, 0, 40, 40), CPU);
        foreach (var i in new[] { 4, 1 })
        {
            var alone = augmenter.Apply(images.narrow(0, i, 1), augmenter.Draw(5, [keys[i]], 0, 40, 40), CPU);
            Close(whole.narrow(0, i, 1), alone, 1e-5);
        }
    }

    [Fact]
    public void A_batch_larger_than_the_working_memory_is_cut_without_a_trace()
    {
        var images = Images(3, 64).repeat(100, 1, 1, 1);
        var augmenter = new Augmenter(Everything with { Size = 64 }, seed: 3);
        var draws = augmenter.Draw(0, Keys(300), 0, 64, 64);
        var whole = augmenter.Apply(images, draws, CPU);
        Close(augmenter.Apply(images.narrow(0, 290, 10), [.. draws.Skip(290)], CPU), whole.narrow(0, 290, 10), 1e-5);
    }

    [Fact]
    public void Bytes_and_floats_give_the_same_and_stay_as_they_are()
    {
        var bytes = Images(4, 40);
        var floats = ImageTensors.ToFloats(bytes);
        var before = floats.clone();
        var augmenter = new Augmenter(Everything with { DownsampleProbability = 1 }, seed: 3);
        var draws = augmenter.Draw(0, Keys(4), 0, 40, 40);
        Close(augmenter.Apply(bytes, draws, CPU), augmenter.Apply(floats, draws, CPU), 1e-6);
        Assert.True(floats.Equals(before));
    }

    [Fact]
    public void A_draw_follows_from_seed_epoch_image_and_view_alone()
    {
        SampleKey key = new(17, 2);
        AugmentationDraw Draw(long seed, long epoch, SampleKey sample, int view) =>
            new Augmenter(Everything, seed).Draw(epoch, [new SampleKey(1, 1), sample], view, 40, 40)[1];

        var draw = Draw(1, 2, key, 0);
        Assert.Equivalent(draw, Draw(1, 2, key, 0), strict: true);
        Assert.Equal(5, new[] { draw, Draw(2, 2, key, 0), Draw(1, 3, key, 0), Draw(1, 2, key, 1), Draw(1, 2, key with { Image = 3 }, 0) }
            .Select(other => other.JitterFactors[0]).Distinct().Count());
    }

    [Fact]
    public void Turning_one_step_off_leaves_the_other_draws()
    {
        var all = new Augmenter(Everything, 1).Draw(0, Keys(50), 0, 40, 40);
        var fewer = new Augmenter(Everything with { FlipProbability = 0, JitterProbability = 0, DownsampleProbability = 0 }, 1).Draw(0, Keys(50), 0, 40, 40);
        Assert.Equal(all.Select(draw => (draw.Crop, draw.BlurSigma, draw.Grayscale, draw.Solarize)),
            fewer.Select(draw => (draw.Crop, draw.BlurSigma, draw.Grayscale, draw.Solarize)));
        Assert.All(fewer, draw => Assert.True(draw is { Flip: false, DownsampleTo: 0, Jitter: [] }));
    }

    [Fact]
    public void Draws_have_the_settings_distribution()
    {
        const int Count = 20_000;
        var settings = AugmentationSettings.Strong(224) with { DownsampleProbability = 0.05, SolarizeProbability = 0.1 };
        var draws = new Augmenter(settings, 7).Draw(0, Keys(Count), 0, 256, 256);
        void Share(double expected, Func<AugmentationDraw, bool> holds) =>
            Assert.InRange(draws.Count(holds) / (double)Count, expected - 0.015, expected + 0.015);

        Share(0.5, draw => draw.Flip);
        Share(0.8, draw => draw.Jitter.Count == 4);
        Share(0.2, draw => draw.Jitter is [JitterPart.Hue, ..]);
        Share(0.8 / 24, draw => draw.Jitter is [JitterPart.Contrast, JitterPart.Hue, JitterPart.Brightness, JitterPart.Saturation]);
        Share(0.2, draw => draw.Grayscale);
        Share(0.5, draw => draw.BlurSigma > 0);
        Share(0.25, draw => draw.BlurSigma > 1.05);
        Share(0.1, draw => draw.Solarize);
        Share(0.025, draw => draw.DownsampleTo == 64);
        Share(0.025, draw => draw.DownsampleTo == 128);
        Share(0.4, draw => draw.Jitter.Count == 4 && draw.JitterFactors[0] > 1);

        // The area is uniform in [0.08, 1] before boxes that do not fit are thrown away, which are few.
        var areas = draws.Select(draw => draw.Crop.Height * draw.Crop.Width / 65536.0).ToArray();
        Assert.InRange(areas.Min(), 0.078, 0.1);
        Assert.InRange(areas.Average(), 0.46, 0.56);
        Assert.All(draws, draw => Assert.True(
            draw.Crop.Top >= 0 && draw.Crop.Left >= 0 && draw.Crop.Top + draw.Crop.Height <= 256 && draw.Crop.Left + draw.Crop.Width <= 256));
        Assert.All(draws, draw => Assert.InRange(draw.Crop.Width / (double)draw.Crop.Height, 0.72, 1.38));
        Assert.All(draws, draw => Assert.InRange(draw.JitterFactors[3], -0.1, 0.1));
    }

    [Fact]
    public void A_crop_that_never_fits_takes_the_middle()
    {
        var settings = AugmentationSettings.Weak(8) with { CropScaleMin = 1, CropAspectMin = 3, CropAspectMax = 4 };
        var draw = new Augmenter(settings, 1).Draw(0, [default], 0, 30, 30)[0];
        Assert.Equal(new CropBox(10, 0, 10, 30), draw.Crop);
    }

    [Fact]
    public void The_preset_none_resizes_and_normalizes()
    {
        var images = Images(2, 40);
        var settings = AugmentationSettings.None(24);
        var augmenter = new Augmenter(settings, 1);
        var expected = ColourOps.Normalize(
            ResampleOps.Resize(ImageTensors.ToFloats(images), 24, 24, Interpolation.Bilinear), settings.Mean, settings.StandardDeviation);
        Close(expected, augmenter.Apply(images, augmenter.Draw(9, Keys(2), 0, 40, 40), CPU), 1e-5);
    }

    [Fact]
    public void The_strong_preset_is_the_reference_at_224_and_shrinks_with_the_size()
    {
        var full = AugmentationSettings.Strong(224);
        Assert.Equal((23, 2.0, 0.08), (full.BlurKernel, full.BlurSigmaMax, full.CropScaleMin));
        var small = AugmentationSettings.Strong(64);
        Assert.Equal(7, small.BlurKernel);
        Assert.Equal(2 * 64 / 224.0, small.BlurSigmaMax, 6);
        foreach (var size in new[] { 8, 16, 32, 96, 512 })
        {
            AugmentationSettings.Strong(size).Validate();
            AugmentationSettings.Preset("weak", size).Validate();
        }
    }

    [Fact]
    public void A_value_out_of_range_is_refused_by_name()
    {
        static string Message(AugmentationSettings settings) => Assert.Throws<ArgumentException>(() => new Augmenter(settings, 1)).Message;

        Assert.Contains("Hue is 0.6", Message(Everything with { Hue = 0.6 }), StringComparison.Ordinal);
        Assert.Contains("BlurKernel is 22", Message(Everything with { BlurKernel = 22 }), StringComparison.Ordinal);
        Assert.Contains("CropScaleMin is 0 ", Message(Everything with { CropScaleMin = 0 }), StringComparison.Ordinal);
        Assert.Contains("FlipProbability is NaN", Message(Everything with { FlipProbability = double.NaN }), StringComparison.Ordinal);
        Assert.Contains("DownsampleShares", Message(Everything with { DownsampleShares = [] }), StringComparison.Ordinal);
        Assert.Contains("strong, weak or none", Assert.Throws<ArgumentException>(() => AugmentationSettings.Preset("mild", 8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crop_outside_its_image_or_a_missing_draw_is_refused()
    {
        var augmenter = new Augmenter(Everything, 1);
        var draw = new AugmentationDraw { Crop = new CropBox(10, 0, 31, 40) };
        Assert.Throws<ArgumentException>(() => augmenter.Apply(Images(1, 40), [draw], CPU));
        Assert.Throws<ArgumentException>(() => augmenter.Apply(Images(2, 40), [draw], CPU));
    }

    [Fact]
    public void Augmenting_many_batches_leaves_no_tensor_behind()
    {
        var images = Images(4, 40);
        var augmenter = new Augmenter(Everything, 1);
        augmenter.Apply(images, augmenter.Draw(0, Keys(4), 0, 40, 40), CPU).Dispose();
        var before = LiveTensors.Count();
        for (var epoch = 0; epoch < 5; epoch++)
        {
            augmenter.Apply(images, augmenter.Draw(epoch, Keys(4), 0, 40, 40), CPU).Dispose();
        }

        Assert.Equal(before, LiveTensors.Count());
    }

    private static Tensor OneByOne(Tensor image, AugmentationDraw draw)
    {
        var pixels = ImageTensors.ToFloats(image);
        if (draw.DownsampleTo > 0)
        {
            pixels = ResampleOps.DownsampleUpsample(pixels, draw.DownsampleTo, 40);
        }

        var crop = pixels.narrow(2, draw.Crop.Top, draw.Crop.Height).narrow(3, draw.Crop.Left, draw.Crop.Width);
        pixels = ResampleOps.Resize(crop, 32, 32, Interpolation.Bicubic).clamp(0, 1);
        pixels = draw.Flip ? pixels.flip(3) : pixels;
        foreach (var part in draw.Jitter)
        {
            var factor = tensor((float)draw.JitterFactors[(int)part]);
            pixels = part switch
            {
                JitterPart.Brightness => ColourOps.Brightness(pixels, factor),
                JitterPart.Contrast => ColourOps.Contrast(pixels, factor),
                JitterPart.Saturation => ColourOps.Saturation(pixels, factor),
                _ => ColourOps.Hue(pixels, factor),
            };
        }

        pixels = draw.Grayscale ? ColourOps.Grayscale(pixels) : pixels;
        pixels = draw.BlurSigma > 0 ? BlurOps.GaussianBlur(pixels, [draw.BlurSigma], Everything.BlurKernel) : pixels;
        pixels = draw.Solarize ? ColourOps.Solarize(pixels, Everything.SolarizeThreshold) : pixels;
        return ColourOps.Normalize(pixels, Everything.Mean, Everything.StandardDeviation);
    }

    private static SampleKey[] Keys(int count) => [.. Enumerable.Range(0, count).Select(i => new SampleKey(i / 3, i % 3))];

    private static Tensor Images(int count, int side)
    {
        using var generator = new Generator(5);
        return rand([count, 3, side, side], generator: generator).mul_(256).to(ScalarType.Byte);
    }

    private static void Close(Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, tolerance);
    }
}
