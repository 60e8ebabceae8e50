using System.Text.Json;
using System.Text.RegularExpressions;

namespace StableRep.Engine.Checkpoints;

/// <summary>The generators of a node: one folder each, in the diffusers layout. Names that begin with a dot are work in progress.</summary>
/// <param name="folder">The folder of all generators.</param>
public sealed partial class GeneratorLibrary(string folder)
{
    /// <summary>The file beside <c>model_index.json</c> that says where a generator came from.</summary>
    public const string SourceFileName = "source.json";

    private static readonly JsonSerializerOptions SourceFormat = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The folder of all generators.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>The folder of one generator, there or not.</summary>
    /// <exception cref="FormatException">The name is not a plain folder name.</exception>
    public string PathOf(string name) => NamePattern().IsMatch(name)
        ? Path.Combine(Folder, name)
        : throw new FormatException($"'{name}' cannot name a generator: use letters, digits, '.', '_' and '-', beginning with a letter or digit, at most 100.");

    /// <summary>The generator of a name, or null.</summary>
    /// <exception cref="FormatException">The name is not a plain folder name.</exception>
    public GeneratorEntry? Find(string name)
    {
        var path = PathOf(name);
        return File.Exists(Path.Combine(path, ModelIndex.FileName)) ? Read(path) : null;
    }

    /// <summary>Every generator, by name, also those that are damaged.</summary>
    public IReadOnlyList<GeneratorEntry> List() => Directory.Exists(Folder)
        ?
        [
            .. Directory.EnumerateDirectories(Folder)
                .Where(path => NamePattern().IsMatch(Path.GetFileName(path)) && File.Exists(Path.Combine(path, ModelIndex.FileName)))
                .Order(StringComparer.Ordinal)
                .Select(Read),
        ]
        : [];

    internal static void WriteSource(string generatorFolder, GeneratorSource source) =>
        File.WriteAllBytes(Path.Combine(generatorFolder, SourceFileName), JsonSerializer.SerializeToUtf8Bytes(source, SourceFormat));

    internal static GeneratorSource? ReadSource(string generatorFolder)
    {
        var path = Path.Combine(generatorFolder, SourceFileName);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<GeneratorSource>(File.ReadAllBytes(path), SourceFormat) : null;
        }
        catch (JsonException)
        {
            // Where a generator came from is good to know, never needed.
            return null;
        }
    }

    private static GeneratorEntry Read(string path)
    {
        var bytes = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        try
        {
            return new GeneratorEntry(Path.GetFileName(path), path, bytes, ReadSource(path), ModelIndex.Load(path).ClassName, Problem: null);
        }
        catch (CheckpointException exception)
        {
            return new GeneratorEntry(Path.GetFileName(path), path, bytes, ReadSource(path), ClassName: null, exception.Message);
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    private static partial Regex NamePattern();
}

/// <summary>One generator of a library.</summary>
/// <param name="Name">Its folder's name.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Bytes">The size of all its files.</param>
/// <param name="Source">Where it came from, or null when it was not pulled.</param>
/// <param name="ClassName">The pipeline's class, such as <c>StableDiffusionPipeline</c>; null when the generator is damaged.</param>
/// <param name="Problem">Why it cannot be used, or null.</param>
public sealed record GeneratorEntry(string Name, string Path, long Bytes, GeneratorSource? Source, string? ClassName, string? Problem);

/// <summary>Where a pulled generator came from.</summary>
/// <param name="Hub">The hub's address.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Revision">The revision that was asked for.</param>
/// <param name="Commit">The commit that it stood for, where the hub said it.</param>
/// <param name="Variant">The variant of the weights that was asked for, or null.</param>
public sealed record GeneratorSource(Uri Hub, string Repository, string Revision, string? Commit, string? Variant);
