namespace StableRep.Api.Storage;

/// <summary>What takes space.</summary>
public enum StorageKind
{
    /// <summary>Shards of image sets that experiments use, or whose images people have judged.</summary>
    ImageSets,

    /// <summary>Image sets that no experiment uses and nobody has judged.</summary>
    UnusedImageSets,

    /// <summary>Trained encoders.</summary>
    Encoders,

    /// <summary>Images of the playground.</summary>
    Previews,

    /// <summary>The playground's images that are older than an hour.</summary>
    OldPreviews,

    /// <summary>Files in the artifact store that nothing refers to: of attempts that were lost, or of what was deleted.</summary>
    OrphanFiles,

    /// <summary>Checkpoints of trainings that go on, on this node.</summary>
    Runs,

    /// <summary>Checkpoints of trainings that are done or whose experiment is deleted, on this node.</summary>
    FinishedRuns,

    /// <summary>Checkpoints of failed and cancelled experiments, on this node: without them a retry trains from the start.</summary>
    StoppedRuns,

    /// <summary>Generators, on this node.</summary>
    Generators,

    /// <summary>Probe datasets, on this node.</summary>
    ProbeDatasets,

    /// <summary>The database.</summary>
    Database,
}

/// <summary>How much space one kind of thing takes.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">How many there are: sets, files, folders.</param>
/// <param name="Bytes">Their size.</param>
public sealed record StorageUse(StorageKind Kind, int Count, long Bytes)
{
    /// <summary>Whether it can be given back: nothing that is in use depends on it.</summary>
    public bool IsReclaimable => StorageService.Reclaimable.Contains(Kind);
}

/// <summary>What takes how much space.</summary>
/// <param name="Uses">Every kind, once.</param>
/// <param name="FreeBytes">The free space of this node's data folder.</param>
/// <param name="TotalBytes">The size of its file system.</param>
public sealed record StorageReport(IReadOnlyList<StorageUse> Uses, long FreeBytes, long TotalBytes)
{
    /// <summary>What everything takes.</summary>
    public long UsedBytes => Uses.Sum(use => use.Bytes);

    /// <summary>What can be given back.</summary>
    public long ReclaimableBytes => Uses.Where(use => use.IsReclaimable).Sum(use => use.Bytes);

    /// <summary>One kind's share.</summary>
    public StorageUse Of(StorageKind kind) => Uses.First(use => use.Kind == kind);
}
