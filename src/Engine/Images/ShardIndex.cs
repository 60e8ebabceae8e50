namespace StableRep.Engine.Images;

/// <summary>Where everything lies in one shard.</summary>
/// <param name="Samples">The samples in the shard's order.</param>
/// <param name="Length">The shard's length in bytes.</param>
public sealed record ShardIndex(IReadOnlyList<ShardSample> Samples, long Length);

/// <summary>The files of one sample: those whose names agree up to the first dot after the last slash.</summary>
/// <param name="Key">The name up to that dot, with its folder.</param>
/// <param name="Files">The files, in the shard's order.</param>
public sealed record ShardSample(string Key, IReadOnlyList<ShardFile> Files)
{
    /// <summary>The file with an extension, or null.</summary>
    /// <param name="extension">What follows the key's dot, in lower case: <c>png</c>, <c>txt</c>.</param>
    public ShardFile? Find(string extension) => Files.FirstOrDefault(file => file.Extension == extension);

    /// <summary>The sample's picture: its first file with a picture's extension, or null.</summary>
    public ShardFile? Image => Files.FirstOrDefault(file => ImageFormats.IsImageExtension(file.Extension));
}

/// <summary>The place of one file in a shard: one ranged read gives its content.</summary>
/// <param name="Extension">What follows the sample's key and a dot, in lower case.</param>
/// <param name="Offset">The first byte of the content.</param>
/// <param name="Length">The content's length in bytes.</param>
public sealed record ShardFile(string Extension, long Offset, int Length);
