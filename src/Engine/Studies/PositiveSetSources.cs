using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>The first images of every set: an image set of more images per prompt holds those of fewer.</summary>
/// <param name="source">The sets.</param>
/// <param name="images">The most images of a set, at least 1.</param>
internal sealed class FirstImages(IPositiveSetSource source, int images) : IPositiveSetSource
{
    public int Count => source.Count;

    public PositiveSet Get(int index)
    {
        var set = source.Get(index);
        return set with { ImageCount = Math.Min(images, set.ImageCount) };
    }

    public PixelImage Read(int index, int image)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, images);
        return source.Read(index, image);
    }
}

/// <summary>The sets whose captions have a label.</summary>
internal sealed class LabelledSets : IPositiveSetSource
{
    private readonly IPositiveSetSource _source;
    private readonly (int Index, int Label)[] _sets;

    /// <param name="source">The sets.</param>
    /// <param name="labels">The label of each caption index, or null where it has none.</param>
    public LabelledSets(IPositiveSetSource source, IReadOnlyList<int?> labels)
    {
        _source = source;
        _sets = [.. Enumerable.Range(0, source.Count)
            .Select(index => (Index: index, Label: labels[source.Get(index).CaptionIndex]))
            .Where(set => set.Label is not null)
            .Select(set => (set.Index, set.Label!.Value))];
    }

    public int Count => _sets.Length;

    public PositiveSet Get(int index) => _source.Get(_sets[index].Index) with { Label = _sets[index].Label };

    public PixelImage Read(int index, int image) => _source.Read(_sets[index].Index, image);
}
