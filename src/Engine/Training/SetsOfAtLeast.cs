using StableRep.Engine.Images;

namespace StableRep.Engine.Training;

/// <summary>The sets of a source that have enough images for a method; those that rejections have left too small are left out.</summary>
public sealed class SetsOfAtLeast : IPositiveSetSource
{
    private readonly IPositiveSetSource _source;
    private readonly int[] _sets;

    /// <summary>Looks at the sizes of the sets.</summary>
    /// <param name="images">The fewest images of a set, at least 1.</param>
    /// <param name="source">The sets.</param>
    public SetsOfAtLeast(int images, IPositiveSetSource source)
    {
        _source = source;
        _sets = [.. Enumerable.Range(0, source.Count).Where(index => source.Get(index).ImageCount >= images)];
    }

    /// <inheritdoc/>
    public int Count => _sets.Length;

    /// <summary>How many sets are left out.</summary>
    public int LeftOut => _source.Count - _sets.Length;

    /// <inheritdoc/>
    public PositiveSet Get(int index) => _source.Get(_sets[index]);

    /// <inheritdoc/>
    public PixelImage Read(int index, int image) => _source.Read(_sets[index], image);
}
