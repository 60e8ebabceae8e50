using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Api.Jobs;
using StableRep.Data;
using StableRep.Data.Artifacts;

namespace StableRep.Api.Experiments;

/// <summary>The files that an experiment's training leaves: its encoder, and the checkpoints while it is not done.</summary>
public sealed class ExperimentFiles(IDbContextFactory<StudioDbContext> stores, IArtifactStore artifacts, IOptions<StudioOptions> options)
{
    private const string Prefix = "step-";

    /// <summary>The encoder's files, once it is trained.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task<IReadOnlyList<FileView>> EncoderAsync(Guid id, CancellationToken cancellationToken = default)
    {
        if (await KeyAsync(id, cancellationToken) is not { } key)
        {
            return [];
        }

        var files = new List<FileView>();
        await foreach (var (name, length) in artifacts.ListAsync(key + "/", cancellationToken))
        {
            files.Add(new FileView(name[(key.Length + 1)..], length));
        }

        return files;
    }

    /// <summary>Opens a file of the encoder.</summary>
    /// <exception cref="MissingException">There is no such experiment or file.</exception>
    public async Task<(string Version, Stream Content)> OpenEncoderAsync(Guid id, string name, CancellationToken cancellationToken = default)
    {
        var files = await EncoderAsync(id, cancellationToken);
        var key = await KeyAsync(id, cancellationToken);
        return files.Any(file => file.Name == name)
            ? (key!.Replace('/', '.'), await artifacts.OpenAsync($"{key}/{name}", cancellationToken: cancellationToken))
            : throw new MissingException("file of the encoder", $"'{name}'");
    }

    /// <summary>The checkpoints that lie on this node, the newest first. They go once the encoder is there.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task<IReadOnlyList<CheckpointView>> CheckpointsAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await KeyAsync(id, cancellationToken);
        var folder = new DirectoryInfo(TrainJob.RunFolder(options.Value, id));
        return !folder.Exists ? [] :
        [
            .. folder.EnumerateDirectories(Prefix + "*")
                .Select(checkpoint => (checkpoint, isNumbered: long.TryParse(checkpoint.Name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step), step))
                .Where(found => found.isNumbered).OrderByDescending(found => found.step)
                .Select(found => new CheckpointView(
                    found.step,
                    new DateTimeOffset(found.checkpoint.LastWriteTimeUtc, TimeSpan.Zero),
                    [.. found.checkpoint.EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => new FileView(file.Name, file.Length))])),
        ];
    }

    /// <summary>Opens a file of a checkpoint. It can be read to its end though the checkpoint goes meanwhile.</summary>
    /// <exception cref="MissingException">There is no such experiment, checkpoint or file.</exception>
    public async Task<Stream> OpenCheckpointAsync(Guid id, long step, string name, CancellationToken cancellationToken = default)
    {
        var checkpoint = (await CheckpointsAsync(id, cancellationToken)).FirstOrDefault(found => found.Step == step);
        if (checkpoint?.Files.Any(file => file.Name == name) != true)
        {
            throw new MissingException("file of a checkpoint", $"'{name}'");
        }

        var path = Path.Combine(TrainJob.RunFolder(options.Value, id), Prefix + step.ToString("D9", CultureInfo.InvariantCulture), name);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.Asynchronous);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MissingException("file of a checkpoint", $"'{name}'");
        }
    }

    private async Task<string?> KeyAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var found = await store.Experiments.Where(row => row.Id == id).Select(row => new { row.EncoderKey }).SingleOrDefaultAsync(cancellationToken);
        return found is null ? throw new MissingException("experiment", id) : found.EncoderKey;
    }
}

/// <summary>A file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record FileView(string Name, long Bytes);

/// <summary>A checkpoint of a training.</summary>
/// <param name="Step">The optimizer steps taken.</param>
/// <param name="At">When it was written.</param>
/// <param name="Files">Its files.</param>
public sealed record CheckpointView(long Step, DateTimeOffset At, IReadOnlyList<FileView> Files);
