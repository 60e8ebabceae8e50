using System.Buffers;

namespace StableRep.Engine.Scenes;

/// <summary>From the drawn canvas to the picture's bytes.</summary>
internal static class Lens
{
    /// <summary>Averages squares of <paramref name="factor"/> drawn pixels (RGBA rows) and scales them by the brightness.</summary>
    public static byte[] Develop(ReadOnlySpan<byte> rgba, int size, int factor, float brightness)
    {
        var rgb = GC.AllocateUninitializedArray<byte>(size * size * 3);
        var scale = brightness / (factor * factor);
        var row = size * factor * 4;
        var to = 0;
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var (r, g, b) = (0, 0, 0);
                for (var dy = 0; dy < factor; dy++)
                {
                    var from = rgba.Slice((y * factor + dy) * row + x * factor * 4, factor * 4);
                    for (var dx = 0; dx < from.Length; dx += 4)
                    {
                        r += from[dx];
                        g += from[dx + 1];
                        b += from[dx + 2];
                    }
                }

                rgb[to++] = ToByte(r * scale);
                rgb[to++] = ToByte(g * scale);
                rgb[to++] = ToByte(b * scale);
            }
        }

        return rgb;
    }

    /// <summary>A Gaussian blur in place, edges repeated; a standard deviation (in pixels) below a quarter changes nothing.</summary>
    public static void Blur(Span<byte> rgb, int size, float sigma)
    {
        if (sigma < 0.25f) return;
        var radius = (int)MathF.Ceiling(sigma * 2.5f);
        Span<float> kernel = radius < 128 ? stackalloc float[radius + 1] : new float[radius + 1];
        var sum = 0f;
        for (var i = 0; i <= radius; i++)
        {
            kernel[i] = MathF.Exp(-i * i / (2 * sigma * sigma));
            sum += i == 0 ? kernel[i] : 2 * kernel[i];
        }

        foreach (ref var weight in kernel) weight /= sum;
        var line = ArrayPool<float>.Shared.Rent(size * 3);
        var result = line.AsSpan(0, size * 3);
        for (var y = 0; y < size; y++) Convolve(rgb.Slice(y * size * 3, size * 3), 3, size, kernel, result);
        for (var x = 0; x < size; x++) Convolve(rgb[(x * 3)..], size * 3, size, kernel, result);
        ArrayPool<float>.Shared.Return(line);
    }

    private static void Convolve(Span<byte> pixels, int stride, int count, ReadOnlySpan<float> kernel, Span<float> result)
    {
        for (var i = 0; i < count; i++)
        {
            var (r, g, b) = (0f, 0f, 0f);
            for (var k = 1 - kernel.Length; k < kernel.Length; k++)
            {
                var weight = kernel[Math.Abs(k)];
                var at = Math.Clamp(i + k, 0, count - 1) * stride;
                r += weight * pixels[at];
                g += weight * pixels[at + 1];
                b += weight * pixels[at + 2];
            }

            (result[i * 3], result[i * 3 + 1], result[i * 3 + 2]) = (r, g, b);
        }

        for (var i = 0; i < count; i++)
        {
            pixels[i * stride] = ToByte(result[i * 3]);
            pixels[i * stride + 1] = ToByte(result[i * 3 + 1]);
            pixels[i * stride + 2] = ToByte(result[i * 3 + 2]);
        }
    }

    private static byte ToByte(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);
}
