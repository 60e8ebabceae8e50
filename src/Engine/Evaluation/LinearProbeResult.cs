using System.Globalization;

namespace StableRep.Engine.Evaluation;

/// <summary>What a linear probe found: one number, whose classifier was chosen without the test split, and all that led to it.</summary>
/// <param name="Rule">How the reported classifier was chosen, in a sentence for a reader.</param>
/// <param name="Chosen">The reported classifier.</param>
/// <param name="HeldOutAccuracy">Its top-1 accuracy on the held-out part of train, by which it was chosen.</param>
/// <param name="Test">Its metrics on the test split; no other classifier was ever tested.</param>
/// <param name="Classifiers">Every classifier of the grid with its held-out accuracy after the last epoch.</param>
/// <param name="TrainCount">Images trained on.</param>
/// <param name="HeldOutCount">Images chosen on.</param>
/// <param name="CorruptImages">Images that could not be decoded and are left out of every count.</param>
public sealed record LinearProbeResult(
    string Rule,
    LinearClassifier Chosen,
    double HeldOutAccuracy,
    ClassificationMetrics Test,
    IReadOnlyList<LinearClassifierScore> Classifiers,
    int TrainCount,
    int HeldOutCount,
    IReadOnlyList<CorruptImage> CorruptImages);

/// <summary>One classifier of the grid.</summary>
/// <param name="LearningRate">Its base rate, before scaling by the batch size.</param>
/// <param name="BatchNorm">Whether it normalises features by batch norm.</param>
public sealed record LinearClassifier(double LearningRate, bool BatchNorm)
{
    /// <summary>Its name in series and tables, such as <c>bn-lr-0.05</c>.</summary>
    public string Name => (BatchNorm ? "bn-lr-" : "lr-") + LearningRate.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>The series of its held-out accuracy.</summary>
    public string Series => $"probe/linear/held-out-accuracy/{Name}";
}

/// <summary>One classifier and how it did on the held-out part of train.</summary>
/// <param name="Classifier">The classifier.</param>
/// <param name="HeldOutAccuracy">Its top-1 accuracy after the last epoch, in [0, 1].</param>
/// <param name="HeldOutLoss">Its mean cross-entropy there, in nats; null where it diverged.</param>
public sealed record LinearClassifierScore(LinearClassifier Classifier, double HeldOutAccuracy, double? HeldOutLoss);
