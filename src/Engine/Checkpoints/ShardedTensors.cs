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
            sharded.OpenFiles(ConfigDocument.Load(indexPath).Section("weight_map"));
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

    private void OpenFiles(ConfigDocument weightMap)
    {
        foreach (var tensor in weightMap.Keys)
        {
            var file = OpenFile(weightMap.String(tensor), tensor);
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

    private SafetensorsFile OpenFile(string fileName, string tensor)
    {
        if (_files.TryGetValue(fileName, out var open))
        {
            return open;
        }

        if (fileName.Length == 0 || fileName is "." or ".." || fileName.AsSpan().ContainsAny('/', '\\', '\0'))
        {
            throw new CheckpointException($"{Name}: tensor '{tensor}' is said to be in '{fileName}', which does not name a file of the same folder.");
        }

        if (_files.Count == MaxShards)
        {
            throw new CheckpointException($"{Name}: the index names more than {MaxShards} files.");
        }

        var file = SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(Name)!, fileName));
        _files.Add(fileName, file);
        return file;
    }

    private SafetensorsFile Find(string name) =>
        _fileOf.TryGetValue(name, out var file) ? file : throw new CheckpointException($"{Name}: there is no tensor '{name}' among the {_entries.Count}.");
}
