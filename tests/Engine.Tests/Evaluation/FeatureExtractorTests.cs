using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class FeatureExtractorTests
{
    private static readonly FeatureExtractionOptions Small = new() { BatchSize = 4, Workers = 2 };

    private static FeatureEncoder MeanColour { get; } = new("mean colour", 8, images => images.mean([2, 3]));

    [Fact]
    public void Features_come_in_the_order_of_the_images_and_corrupt_ones_are_listed()
    {
        var images = new MemoryImages(3, 10, 8, corrupt: [2, 7]);
        using var set = FeatureExtractor.Extract(MeanColour, images, ComputeDevice.Cpu, Small);
        int[] good = [0, 1, 3, 4, 5, 6, 8, 9];
        Assert.Equal(good.Select(i => (float)(i % 3 * 50 + 20)), (set.Features * 255).round().data<float>().Where((_, i) => i % 3 == 0));
        Assert.Equal(good.Select(i => (float)(i / 3)), (set.Features * 255).round().data<float>().Where((_, i) => i % 3 == 1));
        Assert.Equal(good.Select(i => (long)(i % 3)), set.Labels.data<long>());
        Assert.Equal([new CorruptImage("image-2", "a damaged picture"), new CorruptImage("image-7", "a damaged picture")], set.Corrupt);
    }

    [Fact]
    public void The_batch_size_does_not_change_the_features()
    {
        var images = new MemoryImages(3, 11, 8);
        using var one = FeatureExtractor.Extract(FeatureEncoder.RawPixels(8), images, ComputeDevice.Cpu, Small);
        using var other = FeatureExtractor.Extract(FeatureEncoder.RawPixels(8), images, ComputeDevice.Cpu, Small with { BatchSize = 11 });
        Assert.Equal([11, 192], one.Features.shape);
        Assert.True(one.Features.equal(other.Features).all().item<bool>());
    }

    [Fact]
    public void A_split_without_a_readable_image_is_an_error_that_names_the_first()
    {
        var error = Assert.Throws<InvalidProbeDatasetException>(
            () => FeatureExtractor.Extract(MeanColour, new MemoryImages(2, 2, 8, 0, 1), ComputeDevice.Cpu, Small));
        Assert.Contains("image-0: a damaged picture", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_that_are_not_numbers_stop_the_probe()
    {
        var broken = new FeatureEncoder("broken", 8, images => images.mean([2, 3]) * float.NaN);
        Assert.Throws<InvalidOperationException>(() => FeatureExtractor.Extract(broken, new MemoryImages(2, 4, 8), ComputeDevice.Cpu, Small));
    }

    [Fact]
    public void The_key_of_a_network_changes_with_any_weight()
    {
        using var network = nn.Linear(3, 2);
        var before = FeatureEncoder.WeightsKey(network);
        Assert.Equal(before, FeatureEncoder.WeightsKey(network));
        using (no_grad())
        {
            network.bias!.add_(1e-6f);
        }

        Assert.NotEqual(before, FeatureEncoder.WeightsKey(network));
    }

    [Fact]
    public void A_network_gets_normalised_images()
    {
        using var network = nn.Flatten();
        var encoder = FeatureEncoder.Of(network, 8, [0.5, 0.25, 0], [0.5, 0.5, 2]);
        using var features = encoder.Encode(full([1, 3, 1, 1], 0.75));
        Assert.Equal([0.5f, 1f, 0.375f], features.data<float>());
    }

    [Theory]
    [InlineData(8, 5, 4)]
    [InlineData(5, 4, 14)]
    public void The_view_is_the_middle_at_the_asked_size(int width, int height, int size)
    {
        var view = EvaluationView.Of(new PixelImage(width, height, Enumerable.Repeat((byte)90, width * height * 3).ToArray()), size);
        Assert.Equal((size, size), (view.Width, view.Height));
        Assert.All(view.Rgb, value => Assert.Equal(90, value));
    }

    [Fact]
    public void An_image_larger_than_the_view_loses_its_border_and_one_of_its_size_does_not()
    {
        var bright = MemoryImages.Fill(64, 0, 0);
        bright.Rgb[0] = 255;
        Assert.Contains((byte)255, EvaluationView.Of(bright, 64).Rgb);
        Assert.True(EvaluationView.Of(bright, 32).Rgb.Max() < 9, "the corner is still in view");
    }
}
