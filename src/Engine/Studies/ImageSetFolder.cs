using StableRep.Engine.Diffusion;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>Makes images of captions: <see cref="TextToImagePipeline.Generate"/>, or a stand-in in tests.</summary>
/// <param name="requests">The images, those of one caption next to each other.</param>
/// <param name="settings">How.</param>
/// <param name="cancellation">Stops before the next step.</param>
/// <returns>The images in the order of the requests, computed as they are asked for.</returns>
public delegate IEnumerable<GeneratedImage> ImageGenerator(
    IReadOnlyList<ImageRequest> requests, GenerationSettings settings, CancellationToken cancellation);

/// <summary>
/// An image set in a folder named after its content: WebDataset shards of about 256 images, each written whole or not at all. What is there is
/// never made again, so that studies and experiments with the same settings share it and a stopped generation goes on where it was.
/// </summary>
public sealed class ImageSetFolder
{
    private const int ImagesPerShard = 256;

    private readonly ImageSetRecipe _recipe;
    private readonly int _captionsPerShard;

    /// <summary>Names the folder; nothing is read or written yet.</summary>
    /// <param name="root">The folder of all image sets.</param>
    /// <param name="recipe">The image set.</param>
    public ImageSetFolder(string root, ImageSetRecipe recipe)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recipe.Captions.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(recipe.ImagesPerPrompt, 1);
        _recipe = recipe;
        _captionsPerShard = Math.Max(1, ImagesPerShard / recipe.ImagesPerPrompt);
        Folder = Path.Combine(root, recipe.Key());
    }

    /// <summary>The image set's folder.</summary>
    public string Folder { get; }

    /// <summary>The images that are not there yet.</summary>
    public long Missing => MissingShards().Sum(shard => (long)CaptionsOf(shard).Length * _recipe.ImagesPerPrompt);

    private int ShardCount => (_recipe.Captions.Count + _captionsPerShard - 1) / _captionsPerShard;

    /// <summary>Generates what is missing and opens the set.</summary>
    /// <param name="generator">The generator that <see cref="ImageSetRecipe.GeneratorHash"/> names; asked for only when something is missing.</param>
    /// <param name="observer">Receives the progress, in the stage <c>generate</c>.</param>
    /// <param name="cancellation">Stops at the next image; whole shards stay.</param>
    public IPositiveSetSource Make(ImageGenerator generator, IRunObserver? observer = null, CancellationToken cancellation = default)
    {
        var done = _recipe.Count - Missing;
        var progress = new StageProgress(observer ?? NullRunObserver.Instance, "generate", _recipe.Count, "images", done);
        foreach (var shard in MissingShards().ToArray())
        {
            using var writer = new ShardWriter(PathOf(shard));
            var captions = CaptionsOf(shard);
            var requests = ImageRequest.All(captions, _recipe.ImagesPerPrompt, shard * _captionsPerShard);
            foreach (var (request, image) in generator(requests, _recipe.Settings, cancellation))
            {
                cancellation.ThrowIfCancellationRequested();
                writer.AddImage(_recipe.Record(request), ImageFormat.Png, ImageCodec.Encode(image, ImageFormat.Png));
                progress.Report(++done);
            }

            writer.Complete();
        }

        return Open();
    }

    /// <summary>Opens the shards that are there.</summary>
    public IPositiveSetSource Open() =>
        new ShardPositiveSetSource([.. Enumerable.Range(0, ShardCount).Select(PathOf).Where(File.Exists).Select(ShardReader.Open)]);

    private IEnumerable<int> MissingShards() => Enumerable.Range(0, ShardCount).Where(shard => !File.Exists(PathOf(shard)));

    private string PathOf(int shard) => Path.Combine(Folder, FormattableString.Invariant($"shard-{shard:D6}.tar"));

    private string[] CaptionsOf(int shard) => [.. _recipe.Captions.Skip(shard * _captionsPerShard).Take(_captionsPerShard)];
}
