using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// How unlike the pictures of one caption are, without any encoder: the root mean square difference of two pictures' pixels, averaged over all
/// pairs, at 32 × 32 pixels and in [0, 1]. It sees colours and composition, not meaning: <see cref="PositiveSetMeasures"/> on an encoder's
/// features is the measure to trust where there is an encoder.
/// </summary>
public sealed class PixelDiversity
{
    private const int Side = 32;

    private readonly List<byte[]> _pictures = [];
    private double _sum;

    /// <summary>The pictures added.</summary>
    public int Count => _pictures.Count;

    /// <summary>The mean over pairs, or null before there are two pictures.</summary>
    public double? Value => Count < 2 ? null : _sum / (Count * (Count - 1) / 2);

    /// <summary>Adds a picture.</summary>
    public void Add(PixelImage image)
    {
        var picture = ImageResizer.Resize(image, Side, Side, Interpolation.Bilinear).Rgb;
        _sum += _pictures.Sum(other => Distance(picture, other));
        _pictures.Add(picture);
    }

    private static double Distance(byte[] first, byte[] second)
    {
        var squares = 0L;
        for (var i = 0; i < first.Length; i++)
        {
            squares += (first[i] - second[i]) * (first[i] - second[i]);
        }

        return Math.Sqrt((double)squares / first.Length) / byte.MaxValue;
    }
}
