using System.Text.Json;
using Hangfire;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using StableRep.Api.Hosting;
using StableRep.Api.Probes;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>Evaluates an experiment's frozen encoder on a labelled dataset.</summary>
internal sealed class ProbeJob(
    WorkRunner runner,
    IDbContextFactory<StudioDbContext> stores,
    ProbeCatalogue catalogue,
    EngineHost engine,
    IArtifactStore artifacts,
    ExperimentLog log,
    StudioDatabase database,
    TimeProvider clock)
{
    private const int MostPixels = 32;

    /// <summary>Probes, unless another worker is at it or nobody wants it.</summary>
    [Queue(JobQueue.Gpu)]
    [AutomaticRetry(Attempts = 0)]
    public Task RunAsync(Guid probeId, CancellationToken cancellationToken) =>
        runner.RunAsync(new WorkUnit(WorkKind.Probe, probeId), EvaluateAsync, cancellationToken);

    private async Task EvaluateAsync(WorkClaim claim, CancellationToken unwanted, CancellationToken halt)
    {
        await using var store = await stores.CreateDbContextAsync(halt);
        var probe = await store.Probes.AsNoTracking().SingleAsync(row => row.Id == claim.Unit.Id, halt);
        var experiment = await store.Experiments.AsNoTracking().SingleAsync(row => row.Id == probe.ExperimentId, halt);
        var encoderKey = experiment.EncoderKey!;
        using var hold = artifacts.Hold(encoderKey + "/");
        await artifacts.LocalPathAsync($"{encoderKey}/config.json", halt);
        var folder = Path.GetDirectoryName(await artifacts.LocalPathAsync($"{encoderKey}/model.safetensors", halt))!;
        var imageText = probe.Kind == ProbeKind.ZeroShot ? await ImageTextAsync(encoderKey, halt) : null;
        (double Accuracy, object Result) outcome;
        await using (var observer = new StoreObserver(database.Source, log, claim, [probe.ExperimentId], clock))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(unwanted, halt, observer.Refused);
            var told = new ProbeObserver(observer, probe);
            outcome = await Task.Factory.StartNew(
                () => imageText is null
                    ? Evaluate(probe.Kind, catalogue.Open(probe.Dataset), folder, TrainingRecipe.Parse(experiment.Recipe), told, stop.Token)
                    : EvaluateByNames(catalogue.Open(probe.Dataset), folder, imageText, told, stop.Token),
                stop.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        await RecordAsync(claim, probe, outcome.Accuracy, JsonSerializer.Serialize(outcome.Result, JsonSerializerOptions.Web), halt);
    }

    private (double Accuracy, object Result) Evaluate(
        ProbeKind kind, Engine.Evaluation.ProbeDataset dataset, string folder, TrainingRecipe recipe, IRunObserver observer, CancellationToken stop)
    {
        var device = engine.Device;
        using var trained = ProbedEncoder.Load(folder, device);
        using var untrained = kind == ProbeKind.RandomInit ? ProbedEncoder.Untrained(trained.Config, recipe, device) : null;
        var features = kind == ProbeKind.RawPixels ? FeatureEncoder.RawPixels(Math.Min(trained.Config.ImageSize / 2, MostPixels)) : (untrained ?? trained).Features;
        using var test = FeatureExtractor.Extract(features, dataset.Test, device, observer: observer, cancellation: stop);
        if (kind == ProbeKind.FewShot)
        {
            var episodes = FewShot.Run(test, new FewShotOptions(), device, observer, stop);
            return (episodes.Accuracy.Mean, episodes);
        }

        using var train = FeatureExtractor.Extract(features, dataset.Train, device, observer: observer, cancellation: stop);
        if (kind == ProbeKind.Knn)
        {
            var votes = NearestNeighbours.Run(train, test, device, cancellation: stop);
            return (votes.Top1, votes);
        }

        var linear = LinearProbe.Run(train, test, new LinearProbeOptions(), device, observer, cancellation: stop);
        return (linear.Test.Top1, linear);
    }

    private (double Accuracy, object Result) EvaluateByNames(
        Engine.Evaluation.ProbeDataset dataset, string folder, string imageText, IRunObserver observer, CancellationToken stop)
    {
        var device = engine.Device;
        using var encoder = ImageTextEncoder.Load(folder, imageText, device);
        var shape = encoder.Visual.Config;
        using var images = FeatureExtractor.Extract(
            FeatureEncoder.Of(encoder, shape.ImageSize, shape.Mean, shape.Std), dataset.Test, device, observer: observer, cancellation: stop);
        var scores = ZeroShot.Run(images, encoder.EmbedTexts, device);
        return (scores.Top1, scores);
    }

    /// <summary>The folder on this machine of what embeds texts.</summary>
    private async Task<string> ImageTextAsync(string encoderKey, CancellationToken halt)
    {
        var prefix = $"{encoderKey}/{TrainJob.ImageTextFolder}/";
        string? folder = null;
        await foreach (var (key, _) in artifacts.ListAsync(prefix, halt))
        {
            var path = await artifacts.LocalPathAsync(key, halt);
            if (!key.AsSpan(prefix.Length).Contains('/'))
            {
                folder = Path.GetDirectoryName(path);
            }
        }

        return folder ?? throw new FileNotFoundException(
            "This encoder was trained before its text tower was kept: clone the experiment and train it again for a zero-shot probe.");
    }

    private async Task RecordAsync(WorkClaim claim, Probe probe, double accuracy, string result, CancellationToken halt)
    {
        await using var connection = await database.Source.OpenConnectionAsync(halt);
        await using var transaction = await connection.BeginTransactionAsync(halt);
        await claim.HoldAsync(connection, halt);
        await using var done = new NpgsqlCommand(
            "UPDATE app.probes SET state = 'done', failure = NULL, accuracy = $2, result = $3, finished_at = $4 WHERE id = $1", connection);
        done.Parameters.Add(new() { Value = probe.Id });
        done.Parameters.Add(new() { Value = accuracy });
        done.Parameters.Add(new() { Value = result, NpgsqlDbType = NpgsqlDbType.Jsonb });
        done.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await done.ExecuteNonQueryAsync(halt);
        var entry = RunEvents.Probe(probe.Id, StoreNames.Of(probe.Kind), probe.Dataset, accuracy);
        await log.AppendAsync(connection, probe.ExperimentId, null, [entry], halt);
        await transaction.CommitAsync(halt);
    }
}
