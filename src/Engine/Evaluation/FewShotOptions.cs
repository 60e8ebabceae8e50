namespace StableRep.Engine.Evaluation;

/// <summary>The settings of few-shot episodes; the defaults are 5-way 5-shot, as in the paper's few-shot tables.</summary>
public sealed record FewShotOptions
{
    /// <summary>Classes an episode, at least 2.</summary>
    public int Ways { get; init; } = 5;

    /// <summary>Labelled images a class, at least 1.</summary>
    public int Shots { get; init; } = 5;

    /// <summary>Images a class to classify, at least 1.</summary>
    public int Queries { get; init; } = 15;

    /// <summary>The number of episodes, at least 2.</summary>
    public int Episodes { get; init; } = 600;

    /// <summary>What learns from the shots.</summary>
    public FewShotClassifier Classifier { get; init; } = FewShotClassifier.NearestMean;

    /// <summary>C of <see cref="FewShotClassifier.LogisticRegression"/>.</summary>
    public double InverseRegularization { get; init; } = 1;

    /// <summary>The seed of the draws.</summary>
    public int Seed { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Ways, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(Shots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Queries, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Episodes, 2);
    }
}

/// <summary>What learns from the shots of an episode. Both work on L2-normalised features.</summary>
public enum FewShotClassifier
{
    /// <summary>The class whose mean is nearest by cosine (arXiv 1703.05175).</summary>
    NearestMean,

    /// <summary>Logistic regression on the shots.</summary>
    LogisticRegression,
}

/// <summary>The outcome of few-shot episodes.</summary>
/// <param name="Options">How they were run.</param>
/// <param name="Accuracy">The mean accuracy over episodes, with its 95% interval.</param>
public sealed record FewShotResult(FewShotOptions Options, MeanInterval Accuracy);
