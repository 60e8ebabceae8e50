using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Evaluation;

/// <summary>A split whose images are filled with one colour by class; some do not decode.</summary>
internal sealed class MemoryImages(int classes, int count, int size, params int[] corrupt) : ILabelledImages
{
    private int _reads;

    public int Reads => _reads;

    public string Key => $"memory {classes} {count} {size} {string.Join(',', corrupt)}";

    public IReadOnlyList<string> ClassNames => Samples.Names(classes);

    public int Count => count;

    public LabelledImage Get(int index) => new($"image-{index}", index % classes);

    public PixelImage Read(int index)
    {
        Interlocked.Increment(ref _reads);
        return corrupt.Contains(index)
            ? throw new InvalidImageException(InvalidImageReason.Damaged, "a damaged picture")
            : Fill(size, (byte)(index % classes * 50 + 20), (byte)(index / classes));
    }

    public static PixelImage Fill(int size, byte red, byte green)
    {
        var rgb = new byte[size * size * 3];
        for (var i = 0; i < rgb.Length; i += 3)
        {
            (rgb[i], rgb[i + 1]) = (red, green);
        }

        return new PixelImage(size, size, rgb);
    }
}
