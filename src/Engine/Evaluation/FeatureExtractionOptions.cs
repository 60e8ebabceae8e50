namespace StableRep.Engine.Evaluation;

/// <summary>How features are extracted. The features do not depend on it, but for the rounding of a batched sum.</summary>
public sealed record FeatureExtractionOptions
{
    /// <summary>Images encoded at once, at least 1.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Threads that decode, at least 1.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>The name of the progress stage.</summary>
    public string Stage { get; init; } = "features";
}
