namespace StableRep.Engine.Evaluation;

/// <summary>The settings of logistic regression and of its sweep over C.</summary>
public sealed record LogisticRegressionOptions
{
    /// <summary>The values of C to choose from, each greater than 0.</summary>
    public IReadOnlyList<double> Grid { get; init; } = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1e3, 1e4];

    /// <summary>The most steps of L-BFGS for one fit.</summary>
    public int MaxIterations { get; init; } = 1000;

    /// <summary>The greatest entry of the mean loss's gradient at which a fit ends.</summary>
    public double Tolerance { get; init; } = 1e-6;

    /// <summary>The share of each class of train on which C is chosen, in (0, 1).</summary>
    public double HeldOutFraction { get; init; } = 0.1;

    /// <summary>The seed of the held-out part.</summary>
    public int Seed { get; init; }
}

/// <summary>What a sweep of logistic regression found.</summary>
/// <param name="Rule">How C was chosen, in a sentence for a reader.</param>
/// <param name="InverseRegularization">The chosen C.</param>
/// <param name="HeldOutAccuracy">Its top-1 accuracy on the held-out part.</param>
/// <param name="Test">Metrics of the final fit on the test split.</param>
/// <param name="Scores">Every C of the grid with its held-out accuracy, ascending.</param>
public sealed record LogisticRegressionResult(
    string Rule, double InverseRegularization, double HeldOutAccuracy, ClassificationMetrics Test, IReadOnlyList<RegularizationScore> Scores);

/// <summary>One C of a sweep.</summary>
/// <param name="InverseRegularization">C.</param>
/// <param name="HeldOutAccuracy">Top-1 accuracy on the held-out part, in [0, 1].</param>
public sealed record RegularizationScore(double InverseRegularization, double HeldOutAccuracy);
