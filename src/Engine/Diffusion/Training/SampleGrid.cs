using StableRep.Engine.Images;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Pictures side by side, as PNG.</summary>
internal static class SampleGrid
{
    private const int Gap = 2;

    /// <summary>Draws pictures of one size in rows on white.</summary>
    public static byte[] Draw(IReadOnlyList<PixelImage> images, int columns)
    {
        var (width, height) = (images[0].Width, images[0].Height);
        var rows = (images.Count + columns - 1) / columns;
        var (fullWidth, fullHeight) = ((columns * (width + Gap)) - Gap, (rows * (height + Gap)) - Gap);
        var rgb = new byte[fullWidth * fullHeight * 3];
        Array.Fill(rgb, (byte)255);
        foreach (var (index, image) in images.Index())
        {
            var (left, top) = (index % columns * (width + Gap), index / columns * (height + Gap));
            for (var y = 0; y < height; y++)
            {
                image.Rgb.AsSpan(y * width * 3, width * 3).CopyTo(rgb.AsSpan((((top + y) * fullWidth) + left) * 3));
            }
        }

        return ImageCodec.Encode(new PixelImage(fullWidth, fullHeight, rgb), ImageFormat.Png);
    }
}
