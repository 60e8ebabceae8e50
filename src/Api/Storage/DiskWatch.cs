namespace StableRep.Api.Storage;

/// <summary>Looks at the disk again and again while a file comes: its length may be unknown or wrong, and others write too.</summary>
internal sealed class DiskWatch(DataDisk disk)
{
    private const long Every = 8 << 20;

    private long _unwatched = Every;

    /// <summary>Tells how many bytes are about to be written.</summary>
    /// <exception cref="Http.DiskFullException">There is no room any more.</exception>
    public void Count(int bytes)
    {
        _unwatched += bytes;
        if (_unwatched >= Every)
        {
            disk.Require(0);
            _unwatched = 0;
        }
    }
}
