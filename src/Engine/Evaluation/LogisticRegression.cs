using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// Multinomial logistic regression by L-BFGS: minimises the sum of cross-entropies + |W|² / (2 C), the bias free, as scikit-learn's does.
/// It has one knob and no learning rate, so that it is the probe for small datasets (arXiv 2103.00020, section 3.2).
/// </summary>
public sealed class LogisticRegression : IDisposable
{
    private const long RowsAtOnce = 1 << 16;

    private LogisticRegression(Tensor weight, Tensor bias) => (Weight, Bias) = (weight.DetachFromDisposeScope(), bias.DetachFromDisposeScope());

    /// <summary>The weights, <c>[D, C]</c> float64.</summary>
    public Tensor Weight { get; }

    /// <summary>The biases, <c>[C]</c> float64.</summary>
    public Tensor Bias { get; }

    /// <summary>Fits features.</summary>
    /// <param name="features"><c>[N, D]</c>, on the device to compute on; the solver works in float64.</param>
    /// <param name="labels"><c>[N]</c> int64 in [0, <paramref name="classes"/>), on the same device.</param>
    /// <param name="classes">The number of classes, at least 2.</param>
    /// <param name="inverseRegularization">C: smaller is stronger regularisation; greater than 0.</param>
    /// <param name="start">A solution to start from, such as that of a neighbouring C; null starts at 0.</param>
    /// <param name="options">When to stop; null for the defaults.</param>
    /// <param name="cancellation">Stops between two evaluations.</param>
    /// <exception cref="ArgumentOutOfRangeException">C is not greater than 0 or there are fewer than 2 classes.</exception>
    public static LogisticRegression Fit(
        Tensor features,
        Tensor labels,
        int classes,
        double inverseRegularization,
        LogisticRegression? start = null,
        LogisticRegressionOptions? options = null,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(inverseRegularization);
        options ??= new LogisticRegressionOptions();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (count, dimension) = (features.shape[0], features.shape[1]);
        var initial = start is null
            ? zeros([(dimension + 1) * classes], ScalarType.Float64, features.device)
            : cat([start.Weight.flatten(), start.Bias], 0);
        // Divided by N, so that one tolerance of the gradient fits datasets of all sizes.
        var solution = Lbfgs.Minimize(
            point => Objective(point, features, labels, classes, 1 / inverseRegularization / count), initial, options.MaxIterations, options.Tolerance, cancellation);
        return new LogisticRegression(Weights(solution, dimension, classes).clone(), Biases(solution, dimension, classes).clone());
    }

    /// <summary>
    /// Chooses C on a held-out part of train (or on <paramref name="validation"/>), fits all of train with it, and tests once.
    /// </summary>
    /// <param name="train">The train split.</param>
    /// <param name="test">The test split.</param>
    /// <param name="options">The grid and when to stop.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="observer">Receives the held-out accuracy of each C (its step the place in the grid, from 1) and the progress.</param>
    /// <param name="validation">A split to choose on; without it a part of <paramref name="train"/> is held out.</param>
    /// <param name="cancellation">Stops between two evaluations.</param>
    /// <exception cref="ArgumentException">The splits do not fit or the grid is empty.</exception>
    public static LogisticRegressionResult Sweep(
        FeatureSet train,
        FeatureSet test,
        LogisticRegressionOptions options,
        ComputeDevice device,
        IRunObserver? observer = null,
        FeatureSet? validation = null,
        CancellationToken cancellation = default)
    {
        train.RequireSameSpace(test);
        if (options.Grid.Count == 0)
        {
            throw new ArgumentException("The sweep's grid of C is empty.", nameof(options));
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var split = validation is null ? HoldOutSplit.Stratified(train.LabelList, options.HeldOutFraction, options.Seed) : null;
        using var kept = split is null ? null : train.Select(split.Kept);
        using var heldOut = split is null ? null : train.Select(split.HeldOut);
        var (fitOn, chooseOn) = (kept ?? train, heldOut ?? validation!);
        fitOn.RequireSameSpace(chooseOn);

        var (fitFeatures, fitLabels) = (fitOn.Features.to(device.Torch), fitOn.Labels.to(device.Torch));
        var (chooseFeatures, chooseLabels) = (chooseOn.Features.to(device.Torch), chooseOn.Labels.to(device.Torch));
        var grid = options.Grid.Order().ToArray();
        var progress = new StageProgress(observer ?? NullRunObserver.Instance, "probe", grid.Length + 1, "fits");
        var scores = new List<RegularizationScore>();
        LogisticRegression? best = null;
        LogisticRegression? previous = null;
        try
        {
            foreach (var value in grid)
            {
                // From strong to weak regularisation each solution is close to the next.
                var fit = Fit(fitFeatures, fitLabels, train.ClassNames.Count, value, previous, options, cancellation);
                if (previous is not null && previous != best)
                {
                    previous.Dispose();
                }

                previous = fit;
                var accuracy = fit.Logits(chooseFeatures).argmax(1).eq(chooseLabels).to_type(ScalarType.Float64).mean().item<double>();
                if (scores.Count == 0 || accuracy > scores.Max(score => score.HeldOutAccuracy))
                {
                    if (best is not null && best != previous)
                    {
                        best.Dispose();
                    }

                    best = fit;
                }

                scores.Add(new RegularizationScore(value, accuracy));
                observer?.Metric("probe/logistic/held-out-accuracy", scores.Count, accuracy);
                progress.Report(scores.Count);
            }

            var chosen = scores.MaxBy(score => score.HeldOutAccuracy)!;
            using var final = Fit(
                train.Features.to(device.Torch), train.Labels.to(device.Torch), train.ClassNames.Count, chosen.InverseRegularization, best, options, cancellation);
            progress.Report(grid.Length + 1);
            return new LogisticRegressionResult(
                $"C with the highest top-1 accuracy on {chooseOn.Count} images " +
                (validation is null ? $"held out of the train split ({options.HeldOutFraction:P0} of each class, seed {options.Seed})" : "of the validation split") +
                "; ties go to the smaller C. Then fitted on the whole train split with that C and tested once.",
                chosen.InverseRegularization,
                chosen.HeldOutAccuracy,
                ClassificationMetrics.From(final.Logits(test.Features.to(device.Torch)), test.Labels, test.ClassNames),
                scores);
        }
        finally
        {
            best?.Dispose();
            previous?.Dispose();
        }
    }

    /// <summary>The logits <c>[N, C]</c> (float64) of features <c>[N, D]</c> on this model's device.</summary>
    public Tensor Logits(Tensor features) => features.to_type(ScalarType.Float64).matmul(Weight).add_(Bias);

    /// <summary>The class probabilities <c>[N, C]</c> (float64) of features <c>[N, D]</c>.</summary>
    public Tensor Probabilities(Tensor features) => Logits(features).softmax(1);

    /// <inheritdoc/>
    public void Dispose()
    {
        Weight.Dispose();
        Bias.Dispose();
    }

    private static Tensor Weights(Tensor point, long dimension, int classes) => point.narrow(0, 0, dimension * classes).reshape(dimension, classes);

    private static Tensor Biases(Tensor point, long dimension, int classes) => point.narrow(0, dimension * classes, classes);

    private static (double Value, Tensor Gradient) Objective(Tensor point, Tensor features, Tensor labels, int classes, double decay)
    {
        using var scope = NewDisposeScope();
        var (count, dimension) = (features.shape[0], features.shape[1]);
        var (weight, bias) = (Weights(point, dimension, classes), Biases(point, dimension, classes));
        var weightGradient = weight * decay;
        var biasGradient = zeros_like(bias);
        var value = decay / 2 * weight.pow(2).sum().item<double>();
        for (long start = 0; start < count; start += RowsAtOnce)
        {
            using var chunk = NewDisposeScope();
            var rows = Math.Min(RowsAtOnce, count - start);
            var part = features.narrow(0, start, rows).to_type(ScalarType.Float64);
            var target = labels.narrow(0, start, rows).unsqueeze(1);
            var logProbabilities = part.matmul(weight).add_(bias).log_softmax(1);
            value -= logProbabilities.gather(1, target).sum().item<double>() / count;
            var residual = logProbabilities.exp_().scatter_add_(1, target, full_like(target, -1, ScalarType.Float64)).div_(count);
            weightGradient.add_(part.t().matmul(residual));
            biasGradient.add_(residual.sum([0]));
        }

        return (value, cat([weightGradient.flatten(), biasGradient], 0).MoveToOuterDisposeScope());
    }
}
