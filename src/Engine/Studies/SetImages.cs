using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>Every image of an image set, labelled by its set: for measures of sets, whose classes are the captions.</summary>
/// <param name="source">The sets.</param>
/// <param name="key">Identifies the images.</param>
internal sealed class SetImages(IPositiveSetSource source, string key) : ILabelledImages
{
    private readonly (int Set, int Image)[] _images =
        [.. Enumerable.Range(0, source.Count).SelectMany(set => Enumerable.Range(0, source.Get(set).ImageCount).Select(image => (set, image)))];

    public string Key => key;

    public IReadOnlyList<string> ClassNames { get; } = [.. Enumerable.Range(0, source.Count).Select(set => source.Get(set).Caption)];

    public int Count => _images.Length;

    public LabelledImage Get(int index) => new(FormattableString.Invariant($"{_images[index].Set}/{_images[index].Image}"), _images[index].Set);

    public PixelImage Read(int index) => source.Read(_images[index].Set, _images[index].Image);
}
