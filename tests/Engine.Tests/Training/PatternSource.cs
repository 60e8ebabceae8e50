using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

/// <summary>Sets that can be told apart: each has a pattern of coloured blocks, and its images are that pattern in different light.</summary>
internal sealed class PatternSource(int[] imageCounts, int side = 16, int classes = 4) : IPositiveSetSource
{
    public int Count => imageCounts.Length;

    public PositiveSet Get(int index) => new(CaptionIndex: 100 + index, $"a pattern of kind {index % classes} number {index}", imageCounts[index], index % classes);

    public PixelImage Read(int index, int image)
    {
        var pattern = new Random(1000 + (index % classes)).NextBytes(3 * 16);
        var own = new Random(2000 + index).NextBytes(3 * 16);
        var noise = new Random((index * 100) + image);
        var light = noise.NextBytes(3);
        var rgb = new byte[side * side * 3];
        for (var i = 0; i < rgb.Length; i++)
        {
            var (y, x, channel) = (i / 3 / side, i / 3 % side, i % 3);
            var block = (((y * 4 / side) * 4) + (x * 4 / side)) * 3 + channel;
            rgb[i] = (byte)((pattern[block] / 5) + (own[block] / 4) + (light[channel] / 2) + noise.Next(10));
        }

        return new PixelImage(side, side, rgb);
    }
}

file static class Bytes
{
    public static byte[] NextBytes(this Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
