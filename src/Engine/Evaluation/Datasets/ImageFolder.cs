using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>A split as a folder per class: <c>cat/1.jpg</c>, <c>cat/more/2.png</c>, <c>dog/1.webp</c>. Hidden files and folders are passed over.</summary>
public sealed class ImageFolder : ILabelledImages
{
    private static readonly HashSet<string> Extensions = new([".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"], StringComparer.OrdinalIgnoreCase);

    private readonly string _root;
    private readonly LabelledImage[] _images;

    private ImageFolder(string root, IReadOnlyList<string> classNames, LabelledImage[] images, string key) =>
        (_root, ClassNames, _images, Key) = (root, classNames, images, key);

    /// <inheritdoc/>
    /// <remarks>Made of names, lengths and times of change, so that a dataset of any size opens quickly.</remarks>
    public string Key { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public int Count => _images.Length;

    /// <summary>Opens a split; classes are its subfolders in ordinal order, or those of <paramref name="classNames"/> where given.</summary>
    /// <param name="root">The folder that holds the class folders.</param>
    /// <param name="classNames">The classes of the train split, for another split of the same dataset.</param>
    /// <exception cref="InvalidProbeDatasetException">There are fewer than two classes, no images, or a class folder that <paramref name="classNames"/> lacks.</exception>
    public static ImageFolder Open(string root, IReadOnlyList<string>? classNames = null)
    {
        var folders = Subfolders(root).ToArray();
        var names = classNames ?? [.. folders.Select(folder => Path.GetFileName(folder))];
        if (names.Count < 2)
        {
            throw new InvalidProbeDatasetException($"{root} has {names.Count} class folders; a probe needs at least two, each with its images.");
        }

        var labels = names.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label, StringComparer.Ordinal);
        var images = new List<LabelledImage>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', names)));
        foreach (var folder in folders)
        {
            if (!labels.TryGetValue(Path.GetFileName(folder), out var label))
            {
                throw new InvalidProbeDatasetException($"{folder} is a class that the train split does not have: both splits need the same class folders.");
            }

            foreach (var file in Files(folder))
            {
                var name = Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/');
                var info = new FileInfo(file);
                hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                    CultureInfo.InvariantCulture, $"\n{label} {info.Length} {info.LastWriteTimeUtc.Ticks} {name}")));
                images.Add(new LabelledImage(name, label));
            }
        }

        return images.Count == 0
            ? throw new InvalidProbeDatasetException($"{root} has no image: the class folders hold no {string.Join(", ", Extensions)} file.")
            : new ImageFolder(root, names, [.. images], $"folder {Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }

    /// <inheritdoc/>
    public LabelledImage Get(int index) => _images[index];

    /// <inheritdoc/>
    public PixelImage Read(int index) => ImageCodec.Decode(File.ReadAllBytes(Path.Combine(_root, _images[index].Name)));

    /// <summary>Whether a file of this name is taken for a picture.</summary>
    internal static bool IsImageName(string name) => Extensions.Contains(Path.GetExtension(name));

    /// <summary>Whether a name is hidden, or what an operating system leaves in folders.</summary>
    internal static bool IsHidden(string name) => name.StartsWith('.') || name is "__MACOSX";

    internal static IEnumerable<string> Subfolders(string root) => Directory
        .EnumerateDirectories(root)
        .Where(folder => !IsHidden(Path.GetFileName(folder)))
        .Order(StringComparer.Ordinal);

    private static IEnumerable<string> Files(string folder) => Directory
        .EnumerateFiles(folder)
        .Where(file => !IsHidden(Path.GetFileName(file)) && IsImageName(file))
        .Order(StringComparer.Ordinal)
        .Concat(Subfolders(folder).SelectMany(Files));
}
