using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>The tensors of one component that are spread over several safetensors files, as its <c>*.index.json</c> says.</summary>
internal sealed class ShardedTensors : ITensorSource
{
    private const int MaxShards = 1000;

    private readonly Dictionary<string, SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _fileOf = [];
    private readonly Dictionary<string, TensorEntry> _entries = [];

    private ShardedTensors(string name) => Name = name;

    public string Name { get; }

    public IReadOnlyDictionary<string, TensorEntry> Entries => _entries;

    public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>();

    /// <summary>Opens every file that the index names.</summary>
    /// <exception cref="CheckpointException">
    /// The index is damaged, a file is missing or damaged, or the index and the files do not hold the same tensors.
    /// </exception>
    public static ShardedTensors Open(string indexPath)
    {
        var sharded = new ShardedTensors(indexPath);
        try
        {
            sharded.OpenFiles(ReadIndex(indexPath));
            return sharded;
        }
        catch
        {
            sharded.Dispose();
            throw;
        }
    }

    public Tensor Read(string name) => Find(name).Read(name);

    public void CopyTo(string name, Tensor destination) => Find(name).CopyTo(name, destination);

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    /// <summary>The names of the files that an index lists, all in its own folder.</summary>
    /// <exception cref="CheckpointException">The index is damaged, names a file elsewhere, or names too many.</exception>
    public static IReadOnlyCollection<string> FilesOf(string indexPath) => [.. ReadIndex(indexPath).Values.Distinct()];

    private static Dictionary<string, string> ReadIndex(string indexPath)
    {
        var weightMap = ConfigDocument.Load(indexPath).Section("weight_map");
        var fileOf = weightMap.Keys.ToDictionary(tensor => tensor, tensor => weightMap.String(tensor));
        foreach (var (tensor, file) in fileOf)
        {
            if (file.Length == 0 || file is "." or ".." || file.AsSpan().ContainsAny('/', '\\', '\0'))
            {
                throw new CheckpointException($"{indexPath}: tensor '{tensor}' is said to be in '{file}', which does not name a file of the same folder.");
            }
        }

        return fileOf.Values.Distinct().Count() <= MaxShards
            ? fileOf
            : throw new CheckpointException($"{indexPath}: the index names more than {MaxShards} files.");
    }

    private void OpenFiles(Dictionary<string, string> fileOf)
    {
        foreach (var (tensor, fileName) in fileOf)
        {
            var file = OpenFile(fileName);
            _fileOf.Add(tensor, file);
            _entries.Add(tensor, file.Entries.TryGetValue(tensor, out var entry)
                ? entry
                : throw new CheckpointException($"{Name}: tensor '{tensor}' should be in {Path.GetFileName(file.Name)} and is not."));
        }

        foreach (var file in _files.Values)
        {
            if (file.Entries.Keys.FirstOrDefault(tensor => !_fileOf.TryGetValue(tensor, out var owner) || owner != file) is { } stray)
            {
                throw new CheckpointException($"{file.Name}: tensor '{stray}' is not listed for this file in {Path.GetFileName(Name)}.");
            }
        }
    }

    private SafetensorsFile OpenFile(string fileName)
    {
        if (!_files.TryGetValue(fileName, out var file))
        {
            file = SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(Name)!, fileName));
            _files.Add(fileName, file);
        }

        return file;
    }

    private SafetensorsFile Find(string name) =>
        _fileOf.TryGetValue(name, out var file) ? file : throw new CheckpointException($"{Name}: there is no tensor '{name}' among the {_entries.Count}.");
}
