namespace StableRep.Engine.Images;

/// <summary>A decoded picture: 8-bit sRGB, rows from the top, pixels from the left, channels red, green, blue interleaved.</summary>
public sealed class PixelImage
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="rgb">The bytes, <c>[height, width, 3]</c>.</param>
    /// <exception cref="ArgumentException">The array's length is not <c>height * width * 3</c>.</exception>
    public PixelImage(int width, int height, byte[] rgb)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (rgb.LongLength != (long)width * height * 3)
        {
            throw new ArgumentException($"A {width}x{height} image has {(long)width * height * 3} bytes, not {rgb.LongLength}.", nameof(rgb));
        }

        (Width, Height, Rgb) = (width, height, rgb);
    }

    /// <summary>Width in pixels.</summary>
    public int Width { get; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; }

    /// <summary>The bytes, <c>[Height, Width, 3]</c>.</summary>
    public byte[] Rgb { get; }
}
