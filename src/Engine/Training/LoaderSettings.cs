namespace StableRep.Engine.Training;

/// <summary>How a loader makes batches of a source. Everything that changes the batches is in the first five properties.</summary>
public sealed record LoaderSettings
{
    /// <summary>Positive sets (captions) in a batch, n.</summary>
    public required int SetsPerBatch { get; init; }

    /// <summary>Images of a set in a batch, m: as many are drawn without replacement, anew in each epoch; smaller sets give all they have.</summary>
    public required int ImagesPerSet { get; init; }

    /// <summary>The side of the decoded pictures, R; others are scaled by their shorter side and cut to the middle square.</summary>
    public required int Resolution { get; init; }

    /// <summary>The seed of the order and of the choice of images.</summary>
    public required long Seed { get; init; }

    /// <summary>Whether the sets left over at the end of an epoch, too few for a batch, wait for another epoch (as the reference does).</summary>
    public bool DropLast { get; init; } = true;

    /// <summary>Threads that read and decode.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Batches decoded ahead of the one in use; memory holds two more.</summary>
    public int PrefetchBatches { get; init; } = 3;

    /// <summary>Bytes of decoded pictures kept from epoch to epoch: a small image set is then decoded once. 0 keeps none.</summary>
    public long CacheBytes { get; init; }

    /// <summary>Whether batches lie in page-locked memory, from which copies to a CUDA device overlap with its work.</summary>
    public bool PinMemory { get; init; }

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(SetsPerBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ImagesPerSet, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Resolution, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefetchBatches, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
    }
}
