using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>A split as WebDataset shards: each sample has a picture and a file <c>cls</c> with its class, a number or a name.</summary>
public sealed class ShardImages : ILabelledImages
{
    private readonly Entry[] _entries;

    private ShardImages(Entry[] entries, IReadOnlyList<string> classNames, string key) => (_entries, ClassNames, Key) = (entries, classNames, key);

    /// <inheritdoc/>
    public string Key { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public int Count => _entries.Length;

    /// <inheritdoc/>
    public LabelledImage Get(int index) => new($"{Path.GetFileName(_entries[index].Shard.Name)}/{_entries[index].Sample}", _entries[index].Label);

    /// <inheritdoc/>
    /// <exception cref="ShardException">The shard cannot be read.</exception>
    public PixelImage Read(int index) => ImageCodec.Decode(_entries[index].Shard.Read(_entries[index].Image));

    /// <summary>Opens the splits of a dataset together, since its classes are what occurs in any of them.</summary>
    /// <param name="splits">The shards of each split.</param>
    /// <param name="classNames">The classes' names by number, or null: then the classes are the names or numbers that occur.</param>
    /// <exception cref="InvalidProbeDatasetException">A sample has no class or one outside <paramref name="classNames"/>, or a split has no image.</exception>
    /// <exception cref="ShardException">A shard is damaged.</exception>
    internal static IReadOnlyList<ShardImages> Open(IReadOnlyList<IReadOnlyList<string>> splits, IReadOnlyList<string>? classNames)
    {
        var read = splits.Select(shards => shards.SelectMany(Samples).ToArray()).ToArray();
        var classes = Classes([.. read.SelectMany(samples => samples.Select(sample => sample.Class)).Distinct()], classNames);
        return [.. splits.Zip(read, (shards, samples) => Create(shards, samples, classes, classNames ?? [.. classes.OrderBy(pair => pair.Value).Select(pair => pair.Key)]))];
    }

    private static ShardImages Create(
        IReadOnlyList<string> shards, (ShardReader Shard, string Sample, string Class, ShardFile Image)[] samples, Dictionary<string, int> classes, IReadOnlyList<string> names)
    {
        if (samples.Length == 0)
        {
            throw new InvalidProbeDatasetException($"{string.Join(", ", shards.Take(3))}: there is no sample with a picture.");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', names)));
        foreach (var shard in shards.Select(path => new FileInfo(path)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\n{shard.Length} {shard.LastWriteTimeUtc.Ticks} {shard.Name}")));
        }

        return new ShardImages(
            [.. samples.Select(sample => new Entry(sample.Shard, sample.Sample, classes[sample.Class], sample.Image))],
            names,
            $"shards {Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }

    private static IEnumerable<(ShardReader Shard, string Sample, string Class, ShardFile Image)> Samples(string path)
    {
        var shard = ShardReader.Open(path);
        foreach (var sample in shard.Index.Samples.Where(sample => sample.Image is not null))
        {
            var label = sample.Find("cls") is { } file ? Encoding.UTF8.GetString(shard.Read(file)).Trim() : "";
            yield return label.Length == 0
                ? throw new InvalidProbeDatasetException($"{path}: the sample '{sample.Key}' has no class: a file '{sample.Key}.cls' with its number or name is expected.")
                : (shard, sample.Key, label, sample.Image!);
        }
    }

    /// <summary>Labels by what the <c>cls</c> files say: numbers index the names where there are names, and sort as numbers where there are none.</summary>
    private static Dictionary<string, int> Classes(string[] found, IReadOnlyList<string>? names)
    {
        var numbers = found.All(IsNumber);
        if (names is null)
        {
            var ordered = numbers ? found.OrderBy(Number) : found.Order(StringComparer.Ordinal);
            var labels = ordered.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label);
            return labels.Count < 2 ? throw new InvalidProbeDatasetException($"The shards have {labels.Count} class; a probe needs at least two.") : labels;
        }

        var byName = names.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label);
        return found.ToDictionary(name => name, name => numbers && Number(name) < names.Count ? Number(name)
            : byName.TryGetValue(name, out var label) ? label
            : throw new InvalidProbeDatasetException($"The class '{name}' of a sample is neither one of the {names.Count} class names nor the number of one."));
    }

    private static bool IsNumber(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private readonly record struct Entry(ShardReader Shard, string Sample, int Label, ShardFile Image);
}
