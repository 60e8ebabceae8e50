namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>What an uploaded archive may unpack to. Counted on what is really written, since an archive's own numbers may lie.</summary>
/// <param name="MaxEntries">The most files.</param>
/// <param name="MaxBytes">The most bytes in all.</param>
/// <param name="MaxRatio">The most bytes for each byte of the archive, beyond the first 64 MiB: pictures hardly shrink, bombs do.</param>
public sealed record ArchiveLimits(int MaxEntries = 2_000_000, long MaxBytes = 400L << 30, int MaxRatio = 100)
{
    internal const long FreeBytes = 64L << 20;

    /// <summary>The most bytes that an archive of so many may unpack to.</summary>
    public long BytesFor(long archiveLength) => Math.Min(MaxBytes, FreeBytes + MaxRatio * archiveLength);
}
