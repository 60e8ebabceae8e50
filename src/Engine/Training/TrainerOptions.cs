using StableRep.Engine.Runtime;

namespace StableRep.Engine.Training;

/// <summary>Where and how fast a run trains. Nothing here changes what it learns, but for rounding.</summary>
public sealed record TrainerOptions
{
    /// <summary>The run's own folder: <c>checkpoints/</c> while it trains, <c>encoder/</c> (and <c>image-text/</c>) when it is done.</summary>
    public required string Folder { get; init; }

    /// <summary>Where to compute, and in which precision.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>
    /// The most images that are encoded with a graph at once: a larger batch is trained by gradient caching, with the same gradient, so that any
    /// batch fits. 0 encodes the whole batch at once.
    /// </summary>
    public int ChunkSize { get; init; }

    /// <summary>The folder of a CLIP tokenizer, for methods with text.</summary>
    public string? TokenizerFolder { get; init; }

    /// <summary>The most steps between checkpoints, at least 1; one is written at the end, at a pause and at a cancellation too.</summary>
    public int CheckpointEvery { get; init; } = 500;

    /// <summary>The longest time between checkpoints, to the end of the step in progress: what a crash can cost.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many checkpoints stay.</summary>
    public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Steps between the measures of collapse (alignment, uniformity, effective rank), at least 1.</summary>
    public int MeasureEvery { get; init; } = 50;

    /// <summary>Threads that read and decode images.</summary>
    public int LoaderThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>Bytes of decoded pictures to keep from epoch to epoch.</summary>
    public long LoaderCacheBytes { get; init; } = 1L << 30;
}
