using System.Globalization;
using System.Text.Json;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// The checkpoints of one run in one folder. A checkpoint is a folder <c>step-000000120</c> of safetensors files and a <c>state.json</c>,
/// written under another name, synced and renamed, so that it is either whole or not there; the last few are kept. A run has one writer.
/// </summary>
/// <param name="folder">The folder; made when first written to.</param>
/// <param name="keep">How many checkpoints stay, at least 1. With 2, damage to the newest costs the steps between the two.</param>
public sealed class CheckpointStore(string folder, int keep = 2)
{
    private const string Prefix = "step-";
    private const string StateFile = "state.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly int _keep = keep >= 1 ? keep : throw new ArgumentOutOfRangeException(nameof(keep), keep, "At least one checkpoint must stay.");

    /// <summary>The folder of the checkpoints.</summary>
    public string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>Writes a checkpoint and removes those that are no longer kept. A checkpoint of the same step is replaced.</summary>
    /// <param name="step">The number of optimizer steps taken.</param>
    /// <param name="state">Everything that is not a tensor; anything that System.Text.Json writes and reads.</param>
    /// <param name="parts">The tensors of each part, such as <c>model</c> or <c>optimizer</c>: one file a part.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="IOException">The disk is full or the folder cannot be written to; earlier checkpoints are untouched.</exception>
    public string Save<TState>(long step, TState state, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Tensor>> parts)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        Directory.CreateDirectory(Folder);
        RemoveLeftovers();
        var name = Prefix + step.ToString("D9", CultureInfo.InvariantCulture);
        var final = Path.Combine(Folder, name);
        var working = Path.Combine(Folder, $".{name}.{Guid.NewGuid():N}");
        Directory.CreateDirectory(working);
        try
        {
            var lengths = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var (part, tensors) in parts)
            {
                var file = Path.Combine(working, part + ".safetensors");
                SafetensorsWriter.Write(file, tensors);
                lengths.Add(Path.GetFileName(file), new FileInfo(file).Length);
            }

            using (var stream = new FileStream(Path.Combine(working, StateFile), FileMode.CreateNew))
            {
                JsonSerializer.Serialize(stream, new Document<TState>(step, lengths, state), Json);
                stream.Flush(flushToDisk: true);
            }

            DurableFile.SyncFolder(working);
            if (Directory.Exists(final))
            {
                Directory.Move(final, Path.Combine(Folder, $".{name}.{Guid.NewGuid():N}"));
            }

            Directory.Move(working, final);
            DurableFile.SyncFolder(Folder);
        }
        catch
        {
            Directory.Delete(working, recursive: true);
            throw;
        }

        RemoveLeftovers();
        foreach (var (_, old) in List().Skip(_keep))
        {
            Directory.Delete(old, recursive: true);
        }

        return final;
    }

    /// <summary>The newest whole checkpoint, or null when the run has none yet.</summary>
    /// <param name="damaged">Told of each newer checkpoint that is not whole, in a sentence; null to ignore them.</param>
    /// <exception cref="CheckpointException">There are checkpoints, and all of them are damaged.</exception>
    public TrainingCheckpoint? Latest(Action<string>? damaged = null)
    {
        var all = List();
        var reasons = new List<string>();
        foreach (var (step, path) in all)
        {
            if (Damage(path) is not { } reason)
            {
                return new TrainingCheckpoint(path, step);
            }

            reasons.Add(reason);
            damaged?.Invoke(reason);
        }

        return all.Count == 0
            ? null
            : throw new CheckpointException(
                $"All checkpoints in {Folder} are damaged: {string.Join(" ", reasons)} Delete the folder to start the run anew.");
    }

    private List<(long Step, string Path)> List() => !Directory.Exists(Folder)
        ? []
        : [.. Directory.EnumerateDirectories(Folder, Prefix + "*")
            .Select(path => (Known: long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step), step, path))
            .Where(item => item.Known)
            .OrderByDescending(item => item.step)
            .Select(item => (item.step, item.path))];

    private static string? Damage(string path)
    {
        try
        {
            var document = Read<JsonElement>(path);
            var wrong = document.Files.FirstOrDefault(file => !HasLength(Path.Combine(path, file.Key), file.Value));
            return wrong.Key is null ? null : $"{Path.Combine(path, wrong.Key)} is missing or does not have its {wrong.Value} bytes.";
        }
        catch (Exception exception) when (exception is IOException or JsonException or CheckpointException)
        {
            return $"{Path.Combine(path, StateFile)} cannot be read ({exception.Message}).";
        }
    }

    private static bool HasLength(string file, long length) => new FileInfo(file) is { Exists: true } info && info.Length == length;

    internal static Document<TState> Read<TState>(string path)
    {
        using var stream = File.OpenRead(Path.Combine(path, StateFile));
        return JsonSerializer.Deserialize<Document<TState>>(stream, Json)
            ?? throw new CheckpointException($"{Path.Combine(path, StateFile)} is empty.");
    }

    private void RemoveLeftovers()
    {
        foreach (var leftover in Directory.EnumerateDirectories(Folder, $".{Prefix}*"))
        {
            Directory.Delete(leftover, recursive: true);
        }
    }

    internal sealed record Document<TState>(long Step, SortedDictionary<string, long> Files, TState State);
}

/// <summary>One whole checkpoint of a run.</summary>
public sealed class TrainingCheckpoint
{
    internal TrainingCheckpoint(string path, long step) => (Path, Step) = (path, step);

    /// <summary>The checkpoint's folder.</summary>
    public string Path { get; }

    /// <summary>The number of optimizer steps taken.</summary>
    public long Step { get; }

    /// <summary>Opens the tensors of one part; the caller disposes it.</summary>
    /// <exception cref="FileNotFoundException">The checkpoint has no such part.</exception>
    public ITensorSource Open(string part) => SafetensorsFile.Open(System.IO.Path.Combine(Path, part + ".safetensors"));

    /// <summary>Whether the checkpoint has a part of this name.</summary>
    public bool Has(string part) => File.Exists(System.IO.Path.Combine(Path, part + ".safetensors"));

    /// <summary>Reads what <see cref="CheckpointStore.Save"/> was given as the state.</summary>
    public TState State<TState>() => CheckpointStore.Read<TState>(Path).State;
}
