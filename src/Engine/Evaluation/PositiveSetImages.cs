using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Evaluation;

/// <summary>The images of a labelled <see cref="IPositiveSetSource"/> as a split of a probe dataset.</summary>
public sealed class PositiveSetImages : ILabelledImages
{
    private readonly IPositiveSetSource _source;
    private readonly (int Set, int Image, int Label)[] _images;

    /// <summary>Takes every image of every set.</summary>
    /// <param name="source">Sets that all have a label.</param>
    /// <param name="classNames">The classes' names, by label.</param>
    /// <param name="key">Identifies the data, for the feature cache.</param>
    /// <exception cref="ArgumentException">A set has no label, or one outside the classes.</exception>
    public PositiveSetImages(IPositiveSetSource source, IReadOnlyList<string> classNames, string key)
    {
        (_source, ClassNames, Key) = (source, classNames, key);
        _images = [.. Enumerable.Range(0, source.Count).SelectMany(index =>
        {
            var set = source.Get(index);
            return set.Label is { } label && label >= 0 && label < classNames.Count
                ? Enumerable.Range(0, set.ImageCount).Select(image => (index, image, label))
                : throw new ArgumentException(
                    $"Set {index} ('{set.Caption}') has {(set.Label is { } other ? $"the label {other}" : "no label")}; a probe needs one of {classNames.Count} classes.",
                    nameof(source));
        })];
    }

    /// <inheritdoc/>
    public string Key { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public int Count => _images.Length;

    /// <inheritdoc/>
    public LabelledImage Get(int index)
    {
        var (set, image, label) = _images[index];
        return new LabelledImage($"{_source.Get(set).CaptionIndex}/{image}", label);
    }

    /// <inheritdoc/>
    public PixelImage Read(int index) => _source.Read(_images[index].Set, _images[index].Image);
}
