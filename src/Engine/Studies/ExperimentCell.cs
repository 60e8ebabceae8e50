using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>One training run and its probes: images, recipe, probe dataset. Its result is kept in its folder and found again.</summary>
public sealed record ExperimentCell
{
    /// <summary>The cell's name, which is its folder's too.</summary>
    public required string Name { get; init; }

    /// <summary>What the encoder is trained by, or, where <see cref="IsRandom"/>, the shape and seed of one that is not.</summary>
    public required TrainingRecipe Recipe { get; init; }

    /// <summary>Whether the encoder keeps its random weights.</summary>
    public bool IsRandom { get; init; }

    /// <summary>Identifies the images.</summary>
    public required string ImagesKey { get; init; }

    /// <summary>The probes.</summary>
    public required ProbeSuiteOptions Probes { get; init; }

    /// <summary>The result that is kept in a folder, or null where there is none of this very cell.</summary>
    /// <param name="root">The folder of all cells.</param>
    /// <param name="dataset">The probe dataset.</param>
    public CellResult? Find(string root, ProbeDataset dataset)
    {
        var result = JsonFile.Read<CellResult>(ResultPath(root));
        return result?.Fingerprint == Fingerprint(dataset) ? result : null;
    }

    /// <summary>Trains and probes, or finds what was done before. A stopped training goes on from its last checkpoint.</summary>
    /// <param name="root">The folder of all cells.</param>
    /// <param name="images">Opens the images; asked only when there is something to train.</param>
    /// <param name="dataset">The probe dataset.</param>
    /// <param name="tokenizerFolder">The tokenizer for methods that learn from captions.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="observer">Receives metrics and progress; metrics are also appended to <c>metrics.jsonl</c> in the cell's folder.</param>
    /// <param name="cancellation">Stops at a step's boundary.</param>
    /// <exception cref="OperationCanceledException">Cancelled; what was trained is kept.</exception>
    public CellResult Run(
        string root,
        Func<IPositiveSetSource> images,
        ProbeDataset dataset,
        string tokenizerFolder,
        ComputeDevice device,
        IRunObserver? observer = null,
        CancellationToken cancellation = default)
    {
        if (Find(root, dataset) is { } found)
        {
            return found;
        }

        var folder = PrepareFolder(root, dataset);
        using var lines = new JsonLinesObserver(Path.Combine(folder, "metrics.jsonl"), observer ?? NullRunObserver.Instance);
        var start = TimeProvider.System.GetTimestamp();
        using var encoder = IsRandom
            ? ProbedEncoder.Untrained(Recipe.BackboneConfig(), Recipe, device)
            : ProbedEncoder.Load(Train(images, folder, tokenizerFolder, device, lines, cancellation), device);
        var trained = TimeProvider.System.GetTimestamp();
        var result = new CellResult
        {
            Name = Name,
            Fingerprint = Fingerprint(dataset),
            Probes = ProbeSuite.Run(encoder.Features, dataset, Probes, device, observer: lines, cancellation: cancellation),
            TrainSeconds = TimeProvider.System.GetElapsedTime(start, trained).TotalSeconds,
            ProbeSeconds = TimeProvider.System.GetElapsedTime(trained).TotalSeconds,
        };
        JsonFile.Write(ResultPath(root), result);
        DeleteCheckpoints(folder);
        return result;
    }

    private string Train(
        Func<IPositiveSetSource> images, string folder, string tokenizerFolder, ComputeDevice device, IRunObserver observer, CancellationToken cancellation)
    {
        // Its config is an encoder's last file: where it is, training was done and only the probes were not.
        var encoder = Path.Combine(folder, "encoder");
        if (File.Exists(Path.Combine(encoder, "config.json")))
        {
            return encoder;
        }

        var options = new TrainerOptions { Folder = folder, Device = device, TokenizerFolder = tokenizerFolder, CheckpointEvery = 50, KeepCheckpoints = 1 };
        return new Trainer(Recipe, images(), options, observer).Run(cancellation).EncoderFolder!;
    }

    /// <summary>The encoder is all that is wanted of a finished cell; its optimizer is three times as large.</summary>
    private static void DeleteCheckpoints(string folder)
    {
        var checkpoints = Path.Combine(folder, "checkpoints");
        if (Directory.Exists(checkpoints))
        {
            Directory.Delete(checkpoints, recursive: true);
        }
    }

    private string ResultPath(string root) => Path.Combine(root, Name, "result.json");

    /// <summary>The cell's folder. What is there under this name of a cell with other settings is removed: its checkpoints belong to another run.</summary>
    private string PrepareFolder(string root, ProbeDataset dataset)
    {
        var folder = Path.Combine(root, Name);
        var mark = Path.Combine(folder, "fingerprint.txt");
        var fingerprint = Fingerprint(dataset);
        if (Directory.Exists(folder) && !(File.Exists(mark) && File.ReadAllText(mark) == fingerprint))
        {
            Directory.Delete(folder, recursive: true);
        }

        DurableFile.Write(mark, stream => stream.Write(Encoding.UTF8.GetBytes(fingerprint)));
        return folder;
    }

    private string Fingerprint(ProbeDataset dataset)
    {
        // Cells that are finished were named by the earlier spelling, and hours of work with them.
        var identity = string.Join('\n', Recipe.ToJson(), IsRandom, ImagesKey, JsonSerializer.Serialize(Probes), dataset.Train.Key, dataset.Test.Key);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..32];
    }
}

/// <summary>What a cell found, as it is kept in its <c>result.json</c>.</summary>
public sealed record CellResult
{
    /// <summary>The cell's name.</summary>
    public required string Name { get; init; }

    /// <summary>A hash of everything that it depends on.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The probes' results.</summary>
    public required ProbeSuiteResult Probes { get; init; }

    /// <summary>Seconds of training in the process that finished it.</summary>
    public double TrainSeconds { get; init; }

    /// <summary>Seconds of probing.</summary>
    public double ProbeSeconds { get; init; }

    /// <summary>The reported number: top-1 accuracy of the linear probe on the test split, in [0, 1].</summary>
    internal double Accuracy => Probes.Linear!.Test.Top1;
}
