namespace StableRep.Data.Artifacts;

/// <summary>
/// Files by key: shards, checkpoints, encoders. Keys are relative paths of lower-case letters, digits and <c>.-_/</c>. A put is atomic:
/// a reader sees the whole old file, the whole new one or none.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Stores a file under a key, replacing what was there. The file is moved where the store can.</summary>
    /// <param name="key">The key.</param>
    /// <param name="path">The complete file; gone afterwards.</param>
    /// <param name="cancellationToken">Cancels; then the key is as it was.</param>
    /// <exception cref="ArgumentException">The key is not well-formed.</exception>
    Task PutAsync(string key, string path, CancellationToken cancellationToken = default);

    /// <summary>Opens a range of a file.</summary>
    /// <param name="key">The key.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The number of bytes, or null for all to the end.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="FileNotFoundException">Nothing is stored under the key.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the file.</exception>
    Task<Stream> OpenAsync(string key, long offset = 0, long? length = null, CancellationToken cancellationToken = default);

    /// <summary>The path of a file on this machine with an artifact's content, for readers that need one. It is not to be changed.</summary>
    /// <exception cref="FileNotFoundException">Nothing is stored under the key.</exception>
    Task<string> LocalPathAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>
    /// Keeps on this machine what <see cref="LocalPathAsync"/> brought here of the keys with a prefix, until the hold is disposed of: a store
    /// with a bounded cache may otherwise remove it some minutes later.
    /// </summary>
    IDisposable Hold(string prefix);

    /// <summary>The length of a file in bytes, or null when there is none.</summary>
    Task<long?> LengthAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>Deletes a file; does nothing when there is none.</summary>
    Task DeleteAsync(string key, CancellationToken cancellationToken = default);

    /// <summary>The keys under a prefix with their lengths, in ordinal order.</summary>
    IAsyncEnumerable<(string Key, long Length)> ListAsync(string prefix, CancellationToken cancellationToken = default);
}
