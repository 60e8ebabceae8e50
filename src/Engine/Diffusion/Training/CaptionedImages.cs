using StableRep.Engine.Images;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Every image of a source with its caption, cut and scaled to one square size.</summary>
internal sealed class CaptionedImages
{
    private readonly IPositiveSetSource _source;
    private readonly int _size;
    private readonly List<(int Set, int Image)> _items = [];

    /// <param name="source">The images.</param>
    /// <param name="size">The side of the square in pixels.</param>
    /// <param name="limit">The most images to use, from the source's beginning; null for all.</param>
    public CaptionedImages(IPositiveSetSource source, int size, int? limit = null)
    {
        (_source, _size) = (source, size);
        for (var set = 0; set < source.Count && (limit is null || _items.Count < limit); set++)
        {
            var images = source.Get(set).ImageCount;
            for (var image = 0; image < images && (limit is null || _items.Count < limit); image++)
            {
                _items.Add((set, image));
            }
        }

        if (_items.Count == 0)
        {
            throw new ArgumentException("There is no image to train on: the source is empty.", nameof(source));
        }
    }

    public int Count => _items.Count;

    public string Caption(int index) => _source.Get(_items[index].Set).Caption;

    /// <summary>Reads images from several threads.</summary>
    /// <returns><c>[B, 3, size, size]</c> in [-1, 1], fp32 on the CPU, channels last in memory; the caller owns it.</returns>
    public Tensor Read(IReadOnlyList<long> indices)
    {
        var images = new PixelImage[indices.Count];
        Parallel.For(0, images.Length, place =>
        {
            var (set, image) = _items[(int)indices[place]];
            var picture = _source.Read(set, image);
            images[place] = picture.Width == _size && picture.Height == _size ? picture : ImageResizer.CenterSquare(picture, _size);
        });
        var pixels = new byte[images.Length * _size * _size * 3];
        for (var place = 0; place < images.Length; place++)
        {
            images[place].Rgb.CopyTo(pixels, place * _size * _size * 3);
        }

        using var scope = NewDisposeScope();
        // The pixels lie channels last already: only the view is permuted, and convolutions take it as it is.
        return tensor(pixels, [images.Length, _size, _size, 3]).to(ScalarType.Float32).mul_(2 / 255f).sub_(1)
            .permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
