using StableRep.Engine.Runtime;
using StableRep.Engine.Training;

namespace StableRep.Engine.Evaluation;

/// <summary>Which probes to run on an encoder's features. A null entry is not run.</summary>
public sealed record ProbeSuiteOptions
{
    /// <summary>The linear probe on cached features.</summary>
    public LinearProbeOptions? Linear { get; init; } = new();

    /// <summary>Logistic regression with a sweep over C.</summary>
    public LogisticRegressionOptions? Logistic { get; init; }

    /// <summary>k-nearest neighbours: the number of neighbours.</summary>
    public int? Neighbours { get; init; } = 20;

    /// <summary>Few-shot episodes over the test split.</summary>
    public FewShotOptions? FewShot { get; init; }
}

/// <summary>What the probes of one encoder on one dataset found.</summary>
/// <param name="Dataset">The dataset's name.</param>
/// <param name="Linear">The linear probe.</param>
/// <param name="Logistic">Logistic regression.</param>
/// <param name="Neighbours">k-nearest neighbours.</param>
/// <param name="FewShot">Few-shot episodes.</param>
/// <param name="CorruptImages">Images that could not be decoded and are left out.</param>
public sealed record ProbeSuiteResult(
    string Dataset,
    LinearProbeResult? Linear,
    LogisticRegressionResult? Logistic,
    ClassificationMetrics? Neighbours,
    FewShotResult? FewShot,
    IReadOnlyList<CorruptImage> CorruptImages);

/// <summary>Runs several probes on features that are extracted once.</summary>
public static class ProbeSuite
{
    /// <summary>Probes an encoder on a dataset.</summary>
    /// <param name="encoder">The frozen encoder, on <paramref name="device"/>.</param>
    /// <param name="dataset">The dataset.</param>
    /// <param name="options">Which probes.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="cache">Where features are kept; null keeps none.</param>
    /// <param name="observer">Receives curves and progress.</param>
    /// <param name="cancellation">Stops between two batches or steps.</param>
    /// <exception cref="InvalidProbeDatasetException">No image of a split can be decoded.</exception>
    public static ProbeSuiteResult Run(
        FeatureEncoder encoder,
        ProbeDataset dataset,
        ProbeSuiteOptions options,
        ComputeDevice device,
        FeatureCache? cache = null,
        IRunObserver? observer = null,
        CancellationToken cancellation = default)
    {
        FeatureSet Features(ILabelledImages images) => cache is null
            ? FeatureExtractor.Extract(encoder, images, device, observer: observer, cancellation: cancellation)
            : cache.Get(encoder, images, device, observer: observer, cancellation: cancellation);
        using var train = Features(dataset.Train);
        using var test = Features(dataset.Test);
        using var validation = dataset.Validation is { } split ? Features(split) : null;
        return new ProbeSuiteResult(
            dataset.Name,
            options.Linear is { } linear ? LinearProbe.Run(train, test, linear, device, observer, validation, cancellation) : null,
            options.Logistic is { } logistic ? LogisticRegression.Sweep(train, test, logistic, device, observer, validation, cancellation) : null,
            options.Neighbours is { } neighbours ? NearestNeighbours.Run(train, test, device, neighbours, cancellation: cancellation) : null,
            options.FewShot is { } fewShot ? FewShot.Run(test, fewShot, device, observer, cancellation) : null,
            [.. train.Corrupt, .. validation?.Corrupt ?? [], .. test.Corrupt]);
    }
}
