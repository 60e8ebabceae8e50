using System.Runtime.InteropServices;
using SkiaSharp;

namespace StableRep.Engine.Scenes;

/// <summary>Stripes and dots as a repeated tile, smoothed at the edges.</summary>
internal static class TexturePattern
{
    /// <summary>The pattern for an object drawn in the box [-1, 1]² that <paramref name="pixels"/> pixels show; null for a plain one.</summary>
    public static SKShader? Create(SceneObject it, float pixels)
    {
        if (it.Texture == ObjectTexture.Plain) return null;
        var style = it.Style;
        // A texel a pixel, so that the tile is neither blurred nor aliased.
        var size = Math.Clamp((int)(style.Period * pixels + 0.5f), 6, 96);
        var other = it.Shade.Towards(style.Light ? new SceneColour(255, 255, 255) : new SceneColour(0, 0, 0), style.Light ? 0.66f : 0.55f);
        Span<uint> texels = size * size <= 1024 ? stackalloc uint[size * size] : new uint[size * size];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var (u, v) = ((x + 0.5f) / size, (y + 0.5f) / size);
                var mixed = it.Shade.Towards(other, it.Texture == ObjectTexture.Striped ? Stripe(u, style.Cover, size) : Dot(u, v, style.Cover, size));
                texels[y * size + x] = mixed.R | ((uint)mixed.G << 8) | ((uint)mixed.B << 16) | 0xFF000000;
            }
        }

        using var image = SKImage.FromPixelCopy(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque), MemoryMarshal.AsBytes(texels));
        var scale = style.Period * 2 / size;
        var matrix = SKMatrix.CreateTranslation(style.Phase * size, style.Phase * size * 0.5f)
            .PostConcat(SKMatrix.CreateScale(scale, scale))
            .PostConcat(SKMatrix.CreateRotationDegrees(style.Angle));
        return image.ToShader(SKShaderTileMode.Repeat, SKShaderTileMode.Repeat, new SKSamplingOptions(SKFilterMode.Linear), matrix);
    }

    /// <summary>How much of the second colour, in [0, 1]: a band of width <paramref name="cover"/>, its edges a texel soft.</summary>
    private static float Stripe(float u, float cover, int size) => Math.Clamp((cover / 2 - MathF.Abs(u - 0.5f)) * size + 0.5f, 0, 1);

    /// <summary>A dot in the tile's middle and one in its corners, of the radius that gives both together the area <paramref name="cover"/>.</summary>
    private static float Dot(float u, float v, float cover, int size)
    {
        var radius = MathF.Sqrt(cover / 2 / MathF.PI);
        var centre = MathF.Sqrt((u - 0.5f) * (u - 0.5f) + (v - 0.5f) * (v - 0.5f));
        var (cu, cv) = (0.5f - MathF.Abs(u - 0.5f), 0.5f - MathF.Abs(v - 0.5f));
        var nearest = MathF.Min(centre, MathF.Sqrt(cu * cu + cv * cv));
        return Math.Clamp((radius - nearest) * size + 0.5f, 0, 1);
    }
}
