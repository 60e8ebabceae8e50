using StableRep.Engine.Images;

namespace StableRep.Api.ImageSets;

/// <summary>
/// How much the images of one caption differ as pictures: 1 - the mean cosine similarity of their pairs, each reduced to 16×16 colours about
/// grey. It costs next to nothing beside generating them, and is there at once.
/// </summary>
internal sealed class PixelDiversity
{
    private const int Side = 16;
    private readonly Dictionary<int, (double[] Sum, int Count)> _sets = [];

    /// <summary>Takes an image of a caption.</summary>
    public void Add(int caption, PixelImage image)
    {
        var features = Reduce(image);
        var norm = Math.Sqrt(features.Sum(value => value * value));
        if (norm == 0)
        {
            // Even grey points nowhere: any direction does, as long as it is the same for all such images.
            (features[0], norm) = (1, 1);
        }

        var (sum, count) = _sets.TryGetValue(caption, out var set) ? set : (new double[features.Length], 0);
        for (var i = 0; i < features.Length; i++)
        {
            sum[i] += features[i] / norm;
        }

        _sets[caption] = (sum, count + 1);
    }

    /// <summary>The diversity of each caption with at least two images.</summary>
    public IEnumerable<(int Caption, double Diversity)> Sets() => _sets.Where(set => set.Value.Count > 1).OrderBy(set => set.Key).Select(set =>
        (set.Key, Math.Max(0, 1 - ((set.Value.Sum.Sum(value => value * value) - set.Value.Count) / (set.Value.Count * (set.Value.Count - 1.0))))));

    private static double[] Reduce(PixelImage image)
    {
        var cells = new double[Side * Side * 3];
        var counts = new int[Side * Side];
        for (var y = 0; y < image.Height; y++)
        {
            for (var x = 0; x < image.Width; x++)
            {
                var cell = (y * Side / image.Height * Side) + (x * Side / image.Width);
                counts[cell]++;
                for (var channel = 0; channel < 3; channel++)
                {
                    cells[(cell * 3) + channel] += image.Rgb[(((y * image.Width) + x) * 3) + channel];
                }
            }
        }

        for (var i = 0; i < cells.Length; i++)
        {
            cells[i] = counts[i / 3] == 0 ? 0 : (cells[i] / counts[i / 3]) - 127.5;
        }

        return cells;
    }
}
