namespace StableRep.Engine.Evaluation;

/// <summary>The linear probe's settings. The defaults are the reference's for ImageNet (arXiv 2306.00984; <c>main_linear.py</c> of its code).</summary>
public sealed record LinearProbeOptions
{
    /// <summary>The base rates of the grid; each classifier's rate is its base rate × batch size / 256.</summary>
    public IReadOnlyList<double> LearningRates { get; init; } = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

    /// <summary>Which classifiers the grid has: without batch norm, with it (no affine parameters, eps 1e-6), or both.</summary>
    public ProbeNormalization Normalization { get; init; } = ProbeNormalization.Both;

    /// <summary>Passes over the train split, at least 1.</summary>
    public int Epochs { get; init; } = 90;

    /// <summary>Images a step; lowered to the size of the train split where that is smaller. A last incomplete batch of an epoch is dropped.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>Momentum of SGD (or LARS), in [0, 1).</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>L2 decay of weights and biases; the reference has none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Scales each classifier's weight step by layer-wise trust (LARS, arXiv 1708.03888) with coefficient 0.001, as MAE's probe does.</summary>
    public bool Lars { get; init; }

    /// <summary>Epochs over which the rate rises linearly from 0, before the half-cycle cosine to 0.</summary>
    public int WarmupEpochs { get; init; }

    /// <summary>The share of each class of train on which the reported classifier is chosen, in (0, 1).</summary>
    public double HeldOutFraction { get; init; } = 0.1;

    /// <summary>Epochs between two points of the accuracy curves; the last epoch always has one.</summary>
    public int CurveEvery { get; init; } = 1;

    /// <summary>The seed of the initial weights, the order of the images, the held-out part and the augmentation.</summary>
    public int Seed { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(CurveEvery, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(WarmupEpochs);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(WarmupEpochs, Epochs);
        ArgumentOutOfRangeException.ThrowIfNegative(WeightDecay);
        if (Momentum is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(Momentum), Momentum, "Momentum must be in [0, 1).");
        }

        if (LearningRates.Count == 0 || LearningRates.Any(rate => !(rate > 0) || !double.IsFinite(rate)) || LearningRates.Distinct().Count() != LearningRates.Count)
        {
            throw new ArgumentException($"The grid needs distinct positive learning rates, not [{string.Join(", ", LearningRates)}].", nameof(LearningRates));
        }
    }
}

/// <summary>Whether features are normalised per dimension before the linear layer.</summary>
public enum ProbeNormalization
{
    /// <summary>The features as they are.</summary>
    None,

    /// <summary>Batch norm without affine parameters.</summary>
    BatchNorm,

    /// <summary>Both kinds of classifiers, side by side.</summary>
    Both,
}
