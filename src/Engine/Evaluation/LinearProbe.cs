using System.Globalization;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// The linear probe of a frozen encoder as the reference does it: linear classifiers on its features by SGD, one per learning rate and
/// normalisation, all trained at once. One of them is chosen on a held-out part of train and only that one meets the test split.
/// </summary>
public static class LinearProbe
{
    private const string ValidationWords = "of the validation split";

    /// <summary>Probes features that were extracted once, without augmentation: minutes become seconds.</summary>
    /// <param name="train">The train split.</param>
    /// <param name="test">The test split.</param>
    /// <param name="options">The settings.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="observer">Receives one accuracy curve a classifier, its step the number of SGD steps, and the progress.</param>
    /// <param name="validation">A split to choose on; without it a part of <paramref name="train"/> is held out.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">The splits do not fit or a setting is out of range.</exception>
    public static LinearProbeResult Run(
        FeatureSet train,
        FeatureSet test,
        LinearProbeOptions options,
        ComputeDevice device,
        IRunObserver? observer = null,
        FeatureSet? validation = null,
        CancellationToken cancellation = default)
    {
        options.Validate();
        train.RequireSameSpace(test);
        if (validation is not null)
        {
            train.RequireSameSpace(validation);
            using var all = new CachedProbeBatches(train, options.BatchSize, options.Seed, device.Torch);
            return Run(all, validation, test, options, device, observer, train.Count, ValidationWords, cancellation) with
            {
                CorruptImages = [.. train.Corrupt, .. validation.Corrupt, .. test.Corrupt],
            };
        }

        var split = HoldOutSplit.Stratified(train.LabelList, options.HeldOutFraction, options.Seed);
        using var kept = train.Select(split.Kept);
        using var heldOut = train.Select(split.HeldOut);
        using var batches = new CachedProbeBatches(kept, options.BatchSize, options.Seed, device.Torch);
        return Run(batches, heldOut, test, options, device, observer, kept.Count, HeldOutWords(options), cancellation) with
        {
            CorruptImages = [.. train.Corrupt, .. test.Corrupt],
        };
    }

    /// <summary>
    /// Probes as the reference does: in every epoch each train image is cropped and flipped anew and encoded again. Held-out and test images are
    /// seen whole. Costs as many passes of the encoder as there are epochs; <see cref="Run(FeatureSet, FeatureSet, LinearProbeOptions, ComputeDevice, IRunObserver?, FeatureSet?, CancellationToken)"/>
    /// costs one.
    /// </summary>
    /// <param name="encoder">The frozen encoder, on <paramref name="device"/>.</param>
    /// <param name="dataset">The dataset; its validation split, where it has one, is chosen on.</param>
    /// <param name="options">The settings.</param>
    /// <param name="device">Where to encode and train.</param>
    /// <param name="extraction">Batch size and threads of encoding; null for the defaults.</param>
    /// <param name="observer">Receives one accuracy curve a classifier and the progress.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    /// <exception cref="InvalidProbeDatasetException">No image of a split can be decoded.</exception>
    public static LinearProbeResult RunAugmented(
        FeatureEncoder encoder,
        ProbeDataset dataset,
        LinearProbeOptions options,
        ComputeDevice device,
        FeatureExtractionOptions? extraction = null,
        IRunObserver? observer = null,
        CancellationToken cancellation = default)
    {
        options.Validate();
        extraction ??= new FeatureExtractionOptions();
        var train = dataset.Train;
        var chooseOn = dataset.Validation;
        if (chooseOn is null)
        {
            var labels = Enumerable.Range(0, train.Count).Select(index => train.Get(index).Label).ToArray();
            var split = HoldOutSplit.Stratified(labels, options.HeldOutFraction, options.Seed);
            (train, chooseOn) = (new SubsetImages(dataset.Train, split.Kept), new SubsetImages(dataset.Train, split.HeldOut));
        }

        using var heldOut = FeatureExtractor.Extract(encoder, chooseOn, device, extraction, observer, cancellation);
        using var test = FeatureExtractor.Extract(encoder, dataset.Test, device, extraction, observer, cancellation);
        var batches = new AugmentedProbeBatches(encoder, train, test.Dimension, options.BatchSize, options.Seed, extraction, device.Torch);
        var words = dataset.Validation is null ? HeldOutWords(options) : ValidationWords;
        return Run(batches, heldOut, test, options, device, observer, train.Count, words, cancellation) with
        {
            CorruptImages = [.. heldOut.Corrupt, .. test.Corrupt],
        };
    }

    /// <summary>The rate's factor at a step: linear warm-up, then a half-cycle cosine that reaches 0 after the last step.</summary>
    internal static double RateFactor(int step, int warmupSteps, int totalSteps) => step < warmupSteps
        ? step / (double)warmupSteps
        : 0.5 * (1 + Math.Cos(Math.PI * (step - warmupSteps) / (totalSteps - warmupSteps)));

    internal static string HeldOutWords(LinearProbeOptions options) => string.Create(
        CultureInfo.InvariantCulture, $"held out of the train split ({options.HeldOutFraction:P0} of each class, seed {options.Seed})");

    internal static LinearProbeResult Run(
        IProbeBatches batches,
        FeatureSet heldOut,
        FeatureSet test,
        LinearProbeOptions options,
        ComputeDevice device,
        IRunObserver? observer,
        int trainCount,
        string heldOutWords,
        CancellationToken cancellation)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var classifiers = new ParallelLinearClassifiers(batches.Dimension, test.ClassNames.Count, batches.BatchSize, options, device.Torch);
        var (heldOutFeatures, heldOutLabels) = (heldOut.Features.to(device.Torch), heldOut.Labels.to(device.Torch));
        var progress = new StageProgress(observer ?? NullRunObserver.Instance, "probe", (long)options.Epochs * batches.StepsPerEpoch, "steps");
        (double Accuracy, double Loss)[] scores = [];
        var step = 0;
        for (var epoch = 0; epoch < options.Epochs; epoch++)
        {
            foreach (var (features, labels) in batches.Epoch(epoch, cancellation))
            {
                using var ownedFeatures = features;
                using var ownedLabels = labels;
                classifiers.Step(features, labels, RateFactor(step, options.WarmupEpochs * batches.StepsPerEpoch, (int)progress.Total));
                progress.Report(++step);
            }

            if ((epoch + 1) % options.CurveEvery == 0 || epoch == options.Epochs - 1)
            {
                scores = classifiers.Evaluate(heldOutFeatures, heldOutLabels);
                for (var i = 0; i < scores.Length; i++)
                {
                    observer?.Metric(classifiers.Classifiers[i].Series, step, scores[i].Accuracy);
                }
            }
        }

        // Easy datasets tie many classifiers; the loss tells the one that has converged from one that barely separates.
        var chosen = Enumerable.Range(0, scores.Length)
            .OrderByDescending(i => scores[i].Accuracy)
            .ThenBy(i => double.IsFinite(scores[i].Loss) ? scores[i].Loss : double.PositiveInfinity)
            .First();
        var testScores = classifiers.Scores(chosen, test.Features.to(device.Torch));
        return new LinearProbeResult(
            Rule(options, classifiers.Classifiers.Count, heldOut.Count, heldOutWords),
            classifiers.Classifiers[chosen],
            scores[chosen].Accuracy,
            ClassificationMetrics.From(testScores, test.Labels, test.ClassNames),
            [.. classifiers.Classifiers.Select((classifier, i) => Score(classifier, scores[i]))],
            trainCount,
            heldOut.Count,
            []);
    }

    private static LinearClassifierScore Score(LinearClassifier classifier, (double Accuracy, double Loss) score) =>
        new(classifier, score.Accuracy, double.IsFinite(score.Loss) ? score.Loss : null);

    private static string Rule(LinearProbeOptions options, int classifiers, int heldOutCount, string heldOutWords) => string.Create(
        CultureInfo.InvariantCulture,
        $"Of {classifiers} linear classifiers, the one with the highest top-1 accuracy after the last of {options.Epochs} epochs on {heldOutCount} images " +
        $"{heldOutWords}; ties go to the lower cross-entropy there. The test split was read once, for this classifier.");
}
