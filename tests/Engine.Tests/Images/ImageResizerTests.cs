using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Images;

public sealed class ImageResizerTests
{
    [Theory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    public void One_colour_stays_that_colour(Interpolation interpolation)
    {
        var grey = new PixelImage(50, 30, [.. Enumerable.Repeat((byte)131, 50 * 30 * 3)]);
        Assert.All(ImageResizer.Resize(grey, 7, 61, interpolation).Rgb, value => Assert.Equal(131, value));
    }

    [Fact]
    public void Shrinking_averages_a_fine_pattern_instead_of_sampling_it()
    {
        var stripes = new PixelImage(64, 64, [.. Enumerable.Range(0, 64 * 64 * 3).Select(i => (byte)(i / 3 % 2 * 255))]);
        Assert.All(ImageResizer.Resize(stripes, 8, 8).Rgb, value => Assert.InRange(value, 120, 136));
    }

    [Fact]
    public void A_thumbnail_keeps_the_proportions_and_never_grows()
    {
        var thumbnail = ImageResizer.Thumbnail(TestPictures.Gradient(300, 100), 64);
        Assert.Equal((64, 21), (thumbnail.Width, thumbnail.Height));
        Assert.Equal(1, ImageResizer.Thumbnail(TestPictures.Gradient(2000, 2), 64).Height);
        var small = TestPictures.Gradient(20, 10);
        Assert.Same(small, ImageResizer.Thumbnail(small, 64));
    }

    [Fact]
    public void The_middle_square_is_cut_from_the_scaled_picture()
    {
        var square = ImageResizer.CenterSquare(TestPictures.Gradient(120, 60), 30);
        Assert.Equal((30, 30), (square.Width, square.Height));
        // Of the red ramp 0..255 the middle half is left.
        Assert.InRange(square.Rgb[0], 60, 72);
        Assert.InRange(square.Rgb[29 * 3], 183, 195);
    }
}
