using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation;

/// <summary>The one view of an image that is tested: its middle, scaled, without randomness.</summary>
internal static class EvaluationView
{
    /// <summary>
    /// The middle square at <paramref name="size"/>. An image larger than that loses its border, as in the reference (shorter side to 8/7 of the
    /// size, then the middle); one that is not larger is kept whole, since on small pictures the border holds the object.
    /// </summary>
    public static PixelImage Of(PixelImage image, int size)
    {
        if (Math.Min(image.Width, image.Height) <= size)
        {
            return ImageResizer.CenterSquare(image, size);
        }

        var scaled = ImageResizer.CenterSquare(image, (int)Math.Round(size * 8 / 7.0));
        var margin = (scaled.Width - size) / 2;
        return Crop(scaled, margin, margin, size, size);
    }

    /// <summary>Cuts a rectangle out.</summary>
    public static PixelImage Crop(PixelImage image, int left, int top, int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (var y = 0; y < height; y++)
        {
            image.Rgb.AsSpan(((top + y) * image.Width + left) * 3, width * 3).CopyTo(rgb.AsSpan(y * width * 3));
        }

        return new PixelImage(width, height, rgb);
    }

    /// <summary>Exchanges left and right.</summary>
    public static PixelImage Mirror(PixelImage image)
    {
        var rgb = new byte[image.Rgb.Length];
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                image.Rgb.AsSpan((y * image.Width + x) * 3, 3).CopyTo(rgb.AsSpan((y * image.Width + image.Width - 1 - x) * 3));
            }
        }

        return new PixelImage(image.Width, image.Height, rgb);
    }
}
