namespace StableRep.Engine.Images;

/// <summary>Lays pictures out in rows: contact sheets and sample grids.</summary>
public static class ImageGrid
{
    /// <summary>The pictures, row by row, each cell as large as the largest of them.</summary>
    /// <param name="images">At least one picture.</param>
    /// <param name="columns">Cells a row, at least 1.</param>
    /// <param name="gap">Pixels between cells.</param>
    /// <param name="grey">The grey level of gaps and empty cells.</param>
    public static PixelImage Compose(IReadOnlyList<PixelImage> images, int columns, int gap = 2, byte grey = 255)
    {
        ArgumentOutOfRangeException.ThrowIfZero(images.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        columns = Math.Min(columns, images.Count);
        var rows = (images.Count + columns - 1) / columns;
        var (cellWidth, cellHeight) = (images.Max(image => image.Width) + gap, images.Max(image => image.Height) + gap);
        var (width, height) = (columns * cellWidth - gap, rows * cellHeight - gap);
        var rgb = new byte[width * height * 3];
        rgb.AsSpan().Fill(grey);
        for (var i = 0; i < images.Count; i++)
        {
            var (image, left, top) = (images[i], i % columns * cellWidth, i / columns * cellHeight);
            for (var y = 0; y < image.Height; y++)
                image.Rgb.AsSpan(y * image.Width * 3, image.Width * 3).CopyTo(rgb.AsSpan(((top + y) * width + left) * 3));
        }

        return new PixelImage(width, height, rgb);
    }
}
