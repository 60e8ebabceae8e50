namespace StableRep.Engine.Images;

/// <summary>Changes the size of decoded pictures, antialiased: thumbnails, and images that must agree in size.</summary>
public static class ImageResizer
{
    /// <summary>Resamples to exactly <paramref name="width"/> × <paramref name="height"/>.</summary>
    public static PixelImage Resize(PixelImage image, int width, int height, Interpolation interpolation = Interpolation.Bicubic)
    {
        if (image.Width == width && image.Height == height)
        {
            return image;
        }

        var columns = ResampleWeights.ForAxis(image.Width, width, interpolation);
        var rows = ResampleWeights.ForAxis(image.Height, height, interpolation);
        var narrowed = new float[image.Height * width * 3];
        for (var y = 0; y < image.Height; y++)
        {
            ResampleRow(image.Rgb.AsSpan(y * image.Width * 3, image.Width * 3), narrowed.AsSpan(y * width * 3, width * 3), columns);
        }

        var rgb = new byte[width * height * 3];
        var sum = new float[width * 3];
        for (var y = 0; y < height; y++)
        {
            Array.Clear(sum);
            for (var tap = 0; tap < rows[y].Values.Length; tap++)
            {
                AddScaled(narrowed.AsSpan((rows[y].First + tap) * sum.Length, sum.Length), rows[y].Values[tap], sum);
            }

            Round(sum, rgb.AsSpan(y * sum.Length, sum.Length));
        }

        return new PixelImage(width, height, rgb);
    }

    /// <summary>Shrinks so that the longer side is at most <paramref name="longSide"/>, keeping the proportions; a smaller picture stays as it is.</summary>
    public static PixelImage Thumbnail(PixelImage image, int longSide)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longSide, 1);
        var scale = Math.Min(1, (double)longSide / Math.Max(image.Width, image.Height));
        return Resize(image, Side(image.Width * scale), Side(image.Height * scale));
    }

    /// <summary>
    /// Scales so that the shorter side is <paramref name="size"/> and cuts the middle square out: the reference's preparation of test images.
    /// </summary>
    public static PixelImage CenterSquare(PixelImage image, int size)
    {
        var scale = (double)size / Math.Min(image.Width, image.Height);
        var scaled = Resize(image, Math.Max(size, Side(image.Width * scale)), Math.Max(size, Side(image.Height * scale)));
        var (left, top) = ((scaled.Width - size) / 2, (scaled.Height - size) / 2);
        if (scaled.Width == size && scaled.Height == size)
        {
            return scaled;
        }

        var rgb = new byte[size * size * 3];
        for (var y = 0; y < size; y++)
        {
            scaled.Rgb.AsSpan(((top + y) * scaled.Width + left) * 3, size * 3).CopyTo(rgb.AsSpan(y * size * 3));
        }

        return new PixelImage(size, size, rgb);
    }

    private static int Side(double length) => Math.Max(1, (int)Math.Round(length));

    private static void ResampleRow(ReadOnlySpan<byte> source, Span<float> target, ResampleWeights[] columns)
    {
        for (var x = 0; x < columns.Length; x++)
        {
            float red = 0, green = 0, blue = 0;
            var at = columns[x].First * 3;
            foreach (var weight in columns[x].Values)
            {
                red += weight * source[at];
                green += weight * source[at + 1];
                blue += weight * source[at + 2];
                at += 3;
            }

            (target[x * 3], target[x * 3 + 1], target[x * 3 + 2]) = (red, green, blue);
        }
    }

    private static void AddScaled(ReadOnlySpan<float> values, float weight, Span<float> sum)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] += weight * values[i];
        }
    }

    private static void Round(ReadOnlySpan<float> values, Span<byte> bytes)
    {
        for (var i = 0; i < values.Length; i++)
        {
            bytes[i] = (byte)Math.Clamp(values[i] + 0.5f, 0, 255);
        }
    }
}
