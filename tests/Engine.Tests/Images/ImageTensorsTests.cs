using StableRep.Engine.Images;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Images;

public sealed class ImageTensorsTests
{
    [Fact]
    public void A_batch_has_channels_first_and_comes_back_bit_by_bit()
    {
        using var scope = NewDisposeScope();
        PixelImage[] pictures = [TestPictures.Gradient(5, 4), TestPictures.Gradient(5, 4)];
        pictures[1].Rgb[(2 * 5 + 3) * 3 + 1] = 77;
        var batch = ImageTensors.ToBytes(pictures);
        Assert.Equal([2, 3, 4, 5], batch.shape);
        Assert.Equal(77, batch[1, 1, 2, 3].item<byte>());
        Assert.Equal(pictures.Select(picture => picture.Rgb), ImageTensors.ToImages(batch).Select(picture => picture.Rgb));
        Assert.Equal(pictures.Select(picture => picture.Rgb),
            ImageTensors.ToImages(ImageTensors.ToFloats(pictures)).Select(picture => picture.Rgb));
    }

    [Fact]
    public void Numbers_outside_are_clamped_and_the_nearest_level_is_taken()
    {
        using var scope = NewDisposeScope();
        var picture = ImageTensors.ToImage(tensor([-0.5f, 0.4999f / 255, 0.5001f / 255, 1f, 1.7f, 0.5f]).reshape(3, 1, 2));
        Assert.Equal([0, 1, 255, 0, 255, 128], picture.Rgb);
    }

    [Fact]
    public void Sizes_that_differ_are_refused() =>
        Assert.Contains("resize them first", Assert.Throws<ArgumentException>(
            () => ImageTensors.ToBytes([TestPictures.Gradient(4, 4), TestPictures.Gradient(5, 4)])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_wrong_shape_is_refused() =>
        Assert.Throws<ArgumentException>(() => ImageTensors.ToImages(zeros(2, 1, 4, 4)));
}
