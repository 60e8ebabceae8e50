namespace StableRep.Engine.Images;

/// <summary>A shard is damaged or not a tar file; the message names the shard, the place and what is wrong.</summary>
public sealed class ShardException(string shard, long offset, string problem, Exception? inner = null)
    : Exception($"{shard}, byte {offset:N0}: {problem}", inner)
{
    /// <summary>The shard's name or path.</summary>
    public string Shard { get; } = shard;

    /// <summary>The byte of the shard where the problem is.</summary>
    public long Offset { get; } = offset;
}
