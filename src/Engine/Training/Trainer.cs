using StableRep.Engine.Augmentation;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>Trains an encoder by a recipe. A run is stopped and resumed at step boundaries; on a CPU the result is the same bit by bit.</summary>
public sealed class Trainer
{
    private readonly TrainingRecipe _recipe;
    private readonly IPositiveSetSource _source;
    private readonly TrainerOptions _options;
    private readonly IRunObserver _observer;
    private readonly TimeProvider _time;
    private readonly CheckpointStore _store;

    /// <summary>Checks the recipe; nothing is read or written yet.</summary>
    /// <param name="recipe">What to do.</param>
    /// <param name="source">The images.</param>
    /// <param name="options">Where and how fast to do it.</param>
    /// <param name="observer">Told of every step on the thread that runs; null tells nobody.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <exception cref="ArgumentException">A value of the recipe is out of range.</exception>
    /// <exception cref="NotSupportedException">The method or the backbone is unknown.</exception>
    public Trainer(
        TrainingRecipe recipe, IPositiveSetSource source, TrainerOptions options, IRunObserver? observer = null, TimeProvider? time = null)
    {
        recipe.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(options.ChunkSize);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CheckpointEvery, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MeasureEvery, 1);
        (_recipe, _source, _options) = (recipe, source, options);
        (_observer, _time) = (observer ?? NullRunObserver.Instance, time ?? TimeProvider.System);
        _store = new CheckpointStore(Path.Combine(options.Folder, "checkpoints"), options.KeepCheckpoints);
    }

    /// <summary>Trains on the calling thread to the end, from the folder's last checkpoint if there is one.</summary>
    /// <param name="cancellation">Stops after the step in progress, with a checkpoint.</param>
    /// <param name="pause">Stops likewise, but as a normal outcome.</param>
    /// <returns>How far the run came.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled; a checkpoint is written.</exception>
    /// <exception cref="NonFiniteLossException">The loss or the gradients are not finite numbers; nothing is written.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The folder holds checkpoints of another run, or damaged ones only.</exception>
    public TrainingOutcome Run(CancellationToken cancellation = default, CancellationToken pause = default)
    {
        TorchRuntime.Load();
        using var scope = NewDisposeScope();
        using var run = new TrainingRun(_recipe, _source, _options);
        Resume(run);
        var loader = new BatchLoader(_source, LoaderSettings(), _observer);
        var total = Math.Max(1, (long)Math.Round(_recipe.Epochs * loader.BatchesPerEpoch));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, pause);
        if (run.Step < total)
        {
            Train(run, loader, total, stop.Token);
        }

        if (run.Step < total)
        {
            cancellation.ThrowIfCancellationRequested();
            return new TrainingOutcome(false, run.Step, total, null, null);
        }

        return Export(run, total);
    }

    private void Resume(TrainingRun run)
    {
        if (_store.Latest(damage => _observer.Log(RunLogLevel.Warning, damage)) is { } checkpoint)
        {
            run.Restore(checkpoint);
            _observer.Log(RunLogLevel.Information, $"Resumed after step {run.Step} from {checkpoint.Path}.");
        }
    }

    private void Train(TrainingRun run, BatchLoader loader, long total, CancellationToken stop)
    {
        var images = (long)_recipe.SetsPerBatch * _recipe.ImagesPerSet;
        var schedule = new LearningRateSchedule
        {
            Peak = LearningRateSchedule.ScaleToBatch(_recipe.BaseLearningRate, images, run.Method.Crops),
            Floor = _recipe.FinalLearningRate,
            WarmupEpochs = _recipe.WarmupEpochs,
            Epochs = _recipe.Epochs,
            IterationsPerEpoch = loader.BatchesPerEpoch,
        };
        var augmenter = new Augmenter(_recipe.Augmentation, unchecked((long)_recipe.Seed));
        var report = new StepReport(_observer, _time, _options, total);
        var (saved, savedAt) = (run.Step, _time.GetTimestamp());
        using var batches = loader.Read(run.Position, stop).GetEnumerator();
        while (run.Step < total && !stop.IsCancellationRequested)
        {
            var asked = _time.GetTimestamp();
            if (!Next(batches, stop))
            {
                break;
            }

            using var batch = batches.Current;
            Step(run, batch, augmenter, schedule, report, _time.GetElapsedTime(asked));
            if (run.Step % _options.CheckpointEvery == 0 || _time.GetElapsedTime(savedAt) >= _options.CheckpointInterval)
            {
                Save(run);
                (saved, savedAt) = (run.Step, _time.GetTimestamp());
            }
        }

        if (saved != run.Step)
        {
            Save(run);
        }
    }

    private void Save(TrainingRun run)
    {
        _observer.Settle();
        run.Save(_store);
        _observer.Saved(run.Step);
    }

    // A pause that comes while the loader is waited for is a boundary like any other.
    private static bool Next(IEnumerator<TrainingBatch> batches, CancellationToken stop)
    {
        try
        {
            return batches.MoveNext();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Step(
        TrainingRun run, TrainingBatch batch, Augmenter augmenter, LearningRateSchedule schedule, StepReport report, TimeSpan waited)
    {
        using var scope = NewDisposeScope();
        var method = run.Method;
        using var views = new ViewBatch(batch, method.Crops, augmenter, _recipe.Augmentation.Size, _options.Device.Torch);
        run.Parameters.ZeroGradients();
        var loss = GradientCache.Backward(Parts(run, views), features => Loss(method, features, views), _options.ChunkSize, run.Scaler.State.Scale);
        var numbers = LossNumbers.Read(loss);
        RequireFinite(numbers.Total, "loss", run, batch);
        if (run.Scaler.State.Scale is not 1 and var scale)
        {
            run.Parameters.ScaleGradients(1 / scale);
        }

        var norm = _recipe.ClipGradientNorm > 0 ? run.Parameters.ClipGradients(_recipe.ClipGradientNorm) : run.Parameters.GradientNorm();
        if (run.Scaler.Update(double.IsFinite(norm)))
        {
            _observer.Log(RunLogLevel.Information, $"Step {run.Step + 1} left out: a gradient overflowed; the loss scale is now {run.Scaler.State.Scale}.");
            run.Advance(batch.Next);
            return;
        }

        RequireFinite(norm, "norm of the gradients", run, batch);
        var rate = schedule.At(run.Step);
        run.Optimizer.Step(rate);
        run.Average?.Update();
        method.AfterStep();
        run.Advance(batch.Next);
        report.Tell(run.Step, loss, numbers, views, rate, norm, waited);
    }

    private List<EncoderPart> Parts(TrainingRun run, ViewBatch views)
    {
        using var random = new Generator(new SeededRandom(unchecked((long)_recipe.Seed), run.Step).NextUInt64());
        var dropPath = run.Method.Backbone.DrawDropPath(views.Count, random);
        return [.. run.Method.Parts(views, dropPath).Select(part => new EncoderPart(part.Count, (start, count) =>
        {
            using var autocast = Autocast.Enter(_options.Device);
            return part.Encode(start, count);
        }))];
    }

    private MethodLoss Loss(Methods.TrainingMethod method, IReadOnlyList<Tensor> features, ViewBatch views)
    {
        using var autocast = Autocast.Enter(_options.Device);
        return method.Loss(features, views);
    }

    private void RequireFinite(double value, string what, TrainingRun run, TrainingBatch batch)
    {
        if (!double.IsFinite(value))
        {
            throw new NonFiniteLossException(run.Step + 1, what, value, batch.Sets, _store.Latest()?.Path);
        }
    }

    private TrainingOutcome Export(TrainingRun run, long total)
    {
        using var average = run.Average?.Apply();
        var (encoder, imageText) = (Path.Combine(_options.Folder, "encoder"), Path.Combine(_options.Folder, "image-text"));
        VisionTransformerFolder.Save(run.Method.Backbone, encoder);
        var hasText = run.Method.SaveImageText(imageText, _options.TokenizerFolder);
        return new TrainingOutcome(true, run.Step, total, encoder, hasText ? imageText : null);
    }

    private LoaderSettings LoaderSettings() => new()
    {
        SetsPerBatch = _recipe.SetsPerBatch,
        ImagesPerSet = _recipe.ImagesPerSet,
        Resolution = _recipe.Resolution,
        Seed = unchecked((long)_recipe.Seed),
        Threads = _options.LoaderThreads,
        CacheBytes = _options.LoaderCacheBytes,
        PinMemory = _options.Device.IsCuda,
    };
}

/// <summary>How a training run ended.</summary>
/// <param name="Completed">Whether all steps were taken; otherwise the run was paused.</param>
/// <param name="Step">Steps taken.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="EncoderFolder">The trained encoder, once completed.</param>
/// <param name="ImageTextFolder">What <see cref="ImageTextEncoder"/> loads, once completed, of methods that learn from captions.</param>
public sealed record TrainingOutcome(bool Completed, long Step, long TotalSteps, string? EncoderFolder, string? ImageTextFolder);
