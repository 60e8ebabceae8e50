using System.Numerics;
using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// A 64-bit hash of what a picture looks like: the signs, against their median, of the 8 × 8 lowest frequencies of its 32 × 32 luminance.
/// Re-encoding, resizing and slight changes of colour flip a few bits; different pictures differ in about 32.
/// </summary>
public static class PerceptualHash
{
    private const int Side = 32;
    private const int Frequencies = 8;

    /// <summary>Hashes a picture. Thread-safe.</summary>
    public static ulong Of(PixelImage image)
    {
        var small = ImageResizer.Resize(image, Side, Side, Interpolation.Bilinear);
        var luminance = new double[Side * Side];
        for (var i = 0; i < luminance.Length; i++)
        {
            luminance[i] = 0.299 * small.Rgb[i * 3] + 0.587 * small.Rgb[i * 3 + 1] + 0.114 * small.Rgb[i * 3 + 2];
        }

        var spectrum = LowFrequencies(luminance);
        // The mean brightness would dominate the median and says nothing about the content.
        var ranked = spectrum.Skip(1).Order().ToArray();
        var median = (ranked[31] + ranked[30]) / 2;
        return spectrum.Select((value, bit) => bit > 0 && value > median ? 1UL << bit : 0).Aggregate(0UL, (hash, bit) => hash | bit);
    }

    /// <summary>In how many bits two hashes differ, 0 to 64.</summary>
    public static int Distance(ulong first, ulong second) => BitOperations.PopCount(first ^ second);

    /// <summary>The type-2 cosine transform's lowest frequencies, row by row.</summary>
    private static double[] LowFrequencies(double[] pixels)
    {
        var rows = new double[Side * Frequencies];
        for (var y = 0; y < Side; y++)
        {
            for (var u = 0; u < Frequencies; u++)
            {
                for (var x = 0; x < Side; x++)
                {
                    rows[y * Frequencies + u] += pixels[y * Side + x] * Wave(x, u);
                }
            }
        }

        var spectrum = new double[Frequencies * Frequencies];
        for (var v = 0; v < Frequencies; v++)
        {
            for (var u = 0; u < Frequencies; u++)
            {
                for (var y = 0; y < Side; y++)
                {
                    spectrum[v * Frequencies + u] += rows[y * Frequencies + u] * Wave(y, v);
                }
            }
        }

        return spectrum;
    }

    private static double Wave(int position, int frequency) => Math.Cos(Math.PI * frequency * (2 * position + 1) / (2 * Side));
}
