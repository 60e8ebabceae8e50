using Hangfire;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>Trains an experiment's encoder from its last checkpoint on, and puts the encoder into the artifact store.</summary>
internal sealed class TrainJob(
    WorkRunner runner,
    IDbContextFactory<StudioDbContext> stores,
    GeneratorService generators,
    EngineHost engine,
    TrainingImages images,
    IArtifactStore artifacts,
    ExperimentLog log,
    StudioDatabase database,
    IOptions<StudioOptions> options,
    TimeProvider clock)
{
    private const int CheckpointEvery = 100;

    /// <summary>Trains, unless another worker is at it or nobody wants it.</summary>
    [Queue(JobQueue.Gpu)]
    [AutomaticRetry(Attempts = 0)]
    public Task RunAsync(Guid experimentId, CancellationToken cancellationToken) =>
        runner.RunAsync(new WorkUnit(WorkKind.Training, experimentId), TrainAsync, cancellationToken);

    private async Task TrainAsync(WorkClaim claim, CancellationToken unwanted, CancellationToken halt)
    {
        await using var store = await stores.CreateDbContextAsync(halt);
        var experiment = await store.Experiments.AsNoTracking().Include(row => row.ImageSet).SingleAsync(row => row.Id == claim.Unit.Id, halt);
        var generator = await store.Generators.AsNoTracking().SingleAsync(row => row.Id == experiment.ImageSet!.GeneratorId, halt);
        using var hold = artifacts.Hold($"image-sets/{experiment.ImageSetId}/");
        var selected = await images.SelectAsync(claim, experiment.ImageSetId, halt);
        var folder = RunFolder(options.Value, experiment.Id);
        Directory.CreateDirectory(folder);
        TrainingOutcome outcome;
        await using (var observer = new StoreObserver(database.Source, log, claim, [experiment.Id], clock))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(halt, observer.Refused);
            outcome = await Task.Factory.StartNew(
                () => Train(TrainingRecipe.Parse(experiment.Recipe), selected, folder, generators.FolderOf(generator), observer, stop.Token, unwanted),
                stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        if (outcome.EncoderFolder is { } encoder)
        {
            await RecordAsync(claim, encoder, outcome.ImageTextFolder, halt);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Where, under an encoder's prefix, methods that learn from captions leave what embeds texts beside images.</summary>
    public const string ImageTextFolder = "image-text";

    /// <summary>Where the checkpoints of an experiment's training lie.</summary>
    public static string RunFolder(StudioOptions options, Guid experimentId) => options.PathOf(Path.Combine("runs", experimentId.ToString()));

    private TrainingOutcome Train(
        TrainingRecipe recipe, SelectedImages selected, string folder, string generator, StoreObserver observer, CancellationToken stop, CancellationToken pause)
    {
        // A worker that has just lost this training may still be writing its last checkpoint into this folder.
        using var alone = Alone(Path.Combine(folder, ".lock"), stop);
        var source = selected.Open(recipe.Method, observer);
        var trainer = new TrainerOptions
        {
            Folder = folder,
            Device = engine.Device,
            TokenizerFolder = Path.Combine(generator, "tokenizer"),
            CheckpointEvery = CheckpointEvery,
        };
        return new Trainer(recipe, source, trainer, observer, clock).Run(stop, pause);
    }

    private static FileStream Alone(string path, CancellationToken stop)
    {
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200));
            }
        }
    }

    private async Task RecordAsync(WorkClaim claim, string encoder, string? imageText, CancellationToken halt)
    {
        var prefix = $"encoders/{claim.Unit.Id}/{claim.Attempt}";
        await PutAsync(prefix, encoder, halt);
        if (imageText is not null)
        {
            await PutAsync($"{prefix}/{ImageTextFolder}", imageText, halt);
        }

        await using var connection = await database.Source.OpenConnectionAsync(halt);
        await using var transaction = await connection.BeginTransactionAsync(halt);
        await claim.HoldAsync(connection, halt);
        await using var done = new NpgsqlCommand(
            "UPDATE app.experiments SET training_state = 'done', training_failure = NULL, encoder_key = $2 WHERE id = $1", connection);
        done.Parameters.Add(new() { Value = claim.Unit.Id });
        done.Parameters.Add(new() { Value = prefix });
        await done.ExecuteNonQueryAsync(halt);
        await transaction.CommitAsync(halt);
    }

    private async Task PutAsync(string prefix, string folder, CancellationToken halt)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            await artifacts.PutAsync($"{prefix}/{Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')}", file, halt);
        }
    }
}
