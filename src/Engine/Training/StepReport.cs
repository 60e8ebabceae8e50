using System.Diagnostics;
using StableRep.Engine.Evaluation;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>Tells an observer what each step did.</summary>
internal sealed class StepReport(IRunObserver observer, TimeProvider time, TrainerOptions options, long totalSteps)
{
    private const int MeasuredRows = 1024;
    private const double Smoothing = 0.9;

    private long _last = time.GetTimestamp();
    private double? _secondsPerStep;

    /// <summary>Reports one step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="numbers">The loss's scalars, read from the device.</param>
    /// <param name="views">Its batch.</param>
    /// <param name="learningRate">Its learning rate.</param>
    /// <param name="gradientNorm">The norm of its gradients before clipping.</param>
    /// <param name="waited">How long it waited for the loader.</param>
    public void Tell(
        long step, MethodLoss loss, LossNumbers numbers, ViewBatch views, double learningRate, double gradientNorm, TimeSpan waited)
    {
        if ((step - 1) % options.MeasureEvery == 0)
        {
            Measure(step, loss, views);
        }

        observer.Metric("train/loss", step, numbers.Total);
        observer.Metric("train/accuracy", step, numbers.Accuracy);
        foreach (var (name, value) in numbers.Parts)
        {
            observer.Metric($"train/loss/{name}", step, value);
        }

        observer.Metric("train/learning-rate", step, learningRate);
        observer.Metric("train/gradient-norm", step, gradientNorm);
        observer.CaptionLosses(step, CaptionLosses(numbers.Rows, views));
        Pace(step, views.Count, waited);
    }

    private void Pace(long step, int images, TimeSpan waited)
    {
        var now = time.GetTimestamp();
        var seconds = Math.Max(time.GetElapsedTime(_last, now).TotalSeconds, 1e-9);
        _last = now;
        // A run's first step pays for memory and threads: it says nothing about the others.
        _secondsPerStep = _secondsPerStep is { } average ? (average * Smoothing) + (seconds * (1 - Smoothing)) : seconds;
        observer.Metric("train/images-per-second", step, images / seconds);
        observer.Metric("train/loader-wait", step, Math.Min(1, waited.TotalSeconds / seconds));
        observer.Progress(new RunProgress("train", step, totalSteps, "steps", TimeSpan.FromSeconds(_secondsPerStep.Value * (totalSteps - step))));
    }

    private void Measure(long step, MethodLoss loss, ViewBatch views)
    {
        using var scope = NewDisposeScope();
        var perSet = Math.Max(1, views.Count / views.Batch.Sets.Count);
        var sets = Math.Max(2, MeasuredRows / perSet);
        var rows = Enumerable.Range(0, views.Count).Where(row => views.SetOfRow[row] < sets).Select(row => (long)row).ToArray();
        if (rows.Length < 2)
        {
            return;
        }

        var chosen = tensor(rows, device: loss.Embeddings.device);
        var measures = EmbeddingMeasures.Compute(loss.Embeddings.index_select(0, chosen), loss.Groups.index_select(0, chosen));
        Finite("train/alignment", measures.Alignment);
        Finite("train/uniformity", measures.Uniformity);
        Finite("train/effective-rank", measures.EffectiveRank);

        void Finite(string series, double value)
        {
            if (double.IsFinite(value))
            {
                observer.Metric(series, step, value);
            }
        }
    }

    private static CaptionLoss[] CaptionLosses(float[] rows, ViewBatch views)
    {
        var sets = views.Batch.Sets;
        var (sums, counts) = (new double[sets.Count], new int[sets.Count]);
        Debug.Assert(rows.Length == views.SetOfRow.Length, "A method gives one loss a row.");
        for (var row = 0; row < rows.Length; row++)
        {
            sums[views.SetOfRow[row]] += rows[row];
            counts[views.SetOfRow[row]]++;
        }

        return [.. sets.Select((set, index) => new CaptionLoss(set.CaptionIndex, (float)(sums[index] / Math.Max(1, counts[index]))))];
    }
}

/// <summary>A step's loss as numbers, read from the device at once.</summary>
/// <param name="Total">The loss.</param>
/// <param name="Accuracy">The accuracy.</param>
/// <param name="Parts">The parts by name.</param>
/// <param name="Rows">The loss of each row.</param>
internal sealed record LossNumbers(float Total, float Accuracy, IReadOnlyDictionary<string, float> Parts, float[] Rows)
{
    public static LossNumbers Read(MethodLoss loss)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var names = loss.Parts.Keys.ToArray();
        Tensor[] scalars = [loss.Total, loss.Accuracy, .. names.Select(name => loss.Parts[name])];
        var all = cat([.. scalars.Select(scalar => scalar.detach().view(1)), loss.Rows.view(-1)], 0).to(ScalarType.Float32).cpu().data<float>().ToArray();
        var parts = names.Select((name, index) => (name, all[2 + index])).ToDictionary(pair => pair.name, pair => pair.Item2);
        return new LossNumbers(all[0], all[1], parts, all[scalars.Length..]);
    }
}
