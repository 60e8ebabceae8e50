using System.Globalization;
using System.Text;
using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Scenes;

/// <summary>
/// A real image set: true renders of a caption set's captions, drawn when they are read. With one render a caption it is the paper's
/// real-image baseline; with more, positive sets that no generator could better, since whatever a caption leaves open varies as it
/// does in the world. Labels are the main object's class.
/// </summary>
/// <param name="captions">The caption set.</param>
/// <param name="imagesPerCaption">Renders a caption, in [1, 65536].</param>
/// <param name="seed">Any seed.</param>
/// <param name="size">The pictures' width and height in pixels.</param>
public sealed class RealSceneSet(SceneCaptionSet captions, int imagesPerCaption = 1, ulong seed = 0, int size = 64) : IPositiveSetSource
{
    private const int MaximumImages = 1 << 16;
    private readonly int _images = imagesPerCaption is >= 1 and <= MaximumImages
        ? imagesPerCaption
        : throw new ArgumentOutOfRangeException(nameof(imagesPerCaption), imagesPerCaption, $"A caption has 1 to {MaximumImages} renders.");

    /// <inheritdoc/>
    public int Count => captions.Captions.Count;

    /// <inheritdoc/>
    public PositiveSet Get(int index)
    {
        var caption = CaptionAt(index);
        return new PositiveSet(index, caption.Text, _images, (int?)caption.Class);
    }

    /// <summary>What an image shows: a scene that its caption is true of.</summary>
    public Scene Scene(int index, int image)
    {
        var says = CaptionAt(index).Says;
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, _images);
        return SceneSampler.Sample(SceneSeeds.Of(SceneDomain.Real, seed, (long)index * MaximumImages + image), says);
    }

    /// <inheritdoc/>
    public PixelImage Read(int index, int image) => SceneRenderer.Render(Scene(index, image), size);

    /// <summary>Writes the set as WebDataset shards named <c>00000.tar</c>, <c>00001.tar</c> ...: PNG, caption, record and class of each image.</summary>
    /// <param name="folder">Where; shards of the same names are replaced.</param>
    /// <param name="imagesPerShard">About how many images a shard holds: the images of a caption stay together.</param>
    /// <param name="cancellation">Looked at before every caption.</param>
    /// <returns>The shards' paths.</returns>
    public IReadOnlyList<string> WriteShards(string folder, int imagesPerShard = 256, CancellationToken cancellation = default)
    {
        var each = Math.Max(1, imagesPerShard / _images);
        var paths = new List<string>();
        foreach (var range in Enumerable.Range(0, Count).Chunk(each))
        {
            paths.Add(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{paths.Count:D5}.tar")));
            using var shard = new ShardWriter(paths[^1]);
            foreach (var index in range)
            {
                cancellation.ThrowIfCancellationRequested();
                for (var image = 0; image < _images; image++)
                    Write(shard, index, image);
            }

            shard.Complete();
        }

        return paths;
    }

    private void Write(ShardWriter shard, int index, int image)
    {
        var set = Get(index);
        var record = new GenerationRecord
        {
            Caption = set.Caption,
            CaptionIndex = index,
            ImageIndex = image,
            Seed = (long)seed,
            GuidanceScale = 1,
            Steps = 1,
            Sampler = "scenes",
            CheckpointHash = string.Create(CultureInfo.InvariantCulture, $"scenes-v{SceneRules.Version}"),
        };
        shard.Add(
            ShardWriter.KeyOf(index, image),
            ("png", ImageCodec.Encode(Read(index, image), ImageFormat.Png)),
            ("txt", Encoding.UTF8.GetBytes(set.Caption)),
            ("json", Encoding.UTF8.GetBytes(record.ToJson())),
            ("cls", Encoding.UTF8.GetBytes(set.Label!.Value.ToString(CultureInfo.InvariantCulture))));
    }

    private SceneCaption CaptionAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return captions.Captions[index];
    }
}
