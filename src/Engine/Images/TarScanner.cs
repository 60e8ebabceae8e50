namespace StableRep.Engine.Images;

/// <summary>Walks over the regular files of a tar stream from its beginning. Nothing is trusted: every number is checked before it is used.</summary>
internal sealed class TarScanner(Stream stream, string shard)
{
    private const int ExtensionHeaderLimit = 1 << 20;
    private readonly byte[] _header = new byte[TarFormat.Block];
    private long _position;
    private long _entryEnd;

    /// <summary>The bytes walked over; after the last file, the tar's length without the zeros that follow its end marker.</summary>
    public long Position => _position;

    /// <summary>The next regular file, or null at the end marker.</summary>
    /// <exception cref="ShardException">The stream is no tar, damaged, or ends early.</exception>
    public TarEntry? Next()
    {
        string? longName = null;
        long? paxLength = null;
        while (true)
        {
            Skip(_entryEnd - _position);
            var at = _position;
            if (!ReadHeader(at))
            {
                return null;
            }

            var length = TarFormat.Length(_header) ?? throw Damaged(at, "the header's length is no number");
            switch (TarFormat.Type(_header))
            {
                case TarFormat.PaxHeader:
                    var records = TarFormat.PaxRecords(ReadExtension(at, length)) ?? throw Damaged(at, "the PAX header is malformed");
                    longName = records.GetValueOrDefault("path", longName!);
                    paxLength = PaxLength(records, at) ?? paxLength;
                    continue;
                case TarFormat.GnuLongName:
                    longName = TarFormat.Text(ReadExtension(at, length));
                    continue;
                case TarFormat.GnuLongLink or TarFormat.PaxGlobalHeader:
                    ReadExtension(at, length);
                    continue;
                case TarFormat.GnuSparse:
                    throw Damaged(at, $"'{TarFormat.Name(_header)}' is a sparse file; write the shard without --sparse");
            }

            var isFile = TarFormat.Type(_header) == TarFormat.RegularFile;
            var entry = new TarEntry(longName ?? TarFormat.Name(_header), at, _position, isFile ? paxLength ?? length : length);
            SetEnd(entry);

            // A regular file whose name ends in a slash is how the oldest tars write a directory.
            if (isFile && !entry.Name.EndsWith('/'))
            {
                return entry;
            }

            (longName, paxLength) = (null, null);
        }
    }

    /// <summary>Reads the content of the entry that <see cref="Next"/> gave last.</summary>
    /// <param name="entry">That entry.</param>
    /// <param name="limit">The most bytes to accept.</param>
    /// <exception cref="ShardException">The content is longer than the limit or than the stream.</exception>
    public byte[] Read(TarEntry entry, int limit)
    {
        if (entry.Length > limit)
        {
            throw Damaged(entry.HeaderOffset, $"'{entry.Name}' announces {entry.Length:N0} bytes; {limit:N0} are allowed");
        }

        // A stream that cannot tell its length is not believed about a content's: memory grows with what has arrived.
        using var content = new MemoryStream(stream.CanSeek ? (int)entry.Length : 0);
        var buffer = new byte[Math.Min(entry.Length, 1 << 16)];
        for (var left = entry.Length; left > 0;)
        {
            var count = (int)Math.Min(left, buffer.Length);
            ReadExactly(buffer.AsSpan(0, count), entry);
            content.Write(buffer, 0, count);
            left -= count;
        }

        return content.ToArray();
    }

    private bool ReadHeader(long at)
    {
        var count = stream.ReadAtLeast(_header, TarFormat.Block, throwOnEndOfStream: false);
        _position += count;
        if (count < TarFormat.Block)
        {
            throw Damaged(at, count == 0 ? "the shard ends without tar's end marker: it was cut off" : $"the shard ends inside a header, after {count} bytes");
        }

        if (!_header.AsSpan().ContainsAnyExcept((byte)0))
        {
            return false;
        }

        return TarFormat.HasChecksum(_header) ? true : throw Damaged(at, at == 0
            ? "this is no tar file: the first header's checksum is wrong"
            : "the header's checksum is wrong");
    }

    private long? PaxLength(Dictionary<string, string> records, long at)
    {
        if (records.Keys.Any(key => key.StartsWith("GNU.sparse.", StringComparison.Ordinal)))
        {
            throw Damaged(at, "a sparse file; write the shard without --sparse");
        }

        if (!records.TryGetValue("size", out var text))
        {
            return null;
        }

        return long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var size)
            ? size
            : throw Damaged(at, $"the PAX header's size '{text}' is no number");
    }

    private byte[] ReadExtension(long at, long length)
    {
        var entry = new TarEntry("extension header", at, _position, length);
        SetEnd(entry);
        var data = Read(entry, ExtensionHeaderLimit);
        Skip(_entryEnd - _position);
        return data;
    }

    private void SetEnd(TarEntry entry)
    {
        if (entry.Length > long.MaxValue - entry.Offset - TarFormat.Block)
        {
            throw Damaged(entry.HeaderOffset, $"'{entry.Name}' announces {entry.Length:N0} bytes");
        }

        _entryEnd = entry.Offset + entry.Length + TarFormat.Padding(entry.Length);
        if (stream.CanSeek && _entryEnd > stream.Length)
        {
            throw Damaged(entry.HeaderOffset,
                $"'{entry.Name}' announces {entry.Length:N0} bytes and the shard ends after {Math.Max(0, stream.Length - entry.Offset):N0} of them");
        }
    }

    private void Skip(long count)
    {
        if (stream.CanSeek)
        {
            stream.Seek(count, SeekOrigin.Current);
            _position += count;
            return;
        }

        Span<byte> buffer = stackalloc byte[4096];
        while (count > 0)
        {
            var read = stream.Read(buffer[..(int)Math.Min(count, buffer.Length)]);
            if (read == 0)
            {
                throw Damaged(_position, "the shard ends inside a file's content");
            }

            _position += read;
            count -= read;
        }
    }

    private void ReadExactly(Span<byte> target, TarEntry entry)
    {
        var count = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        _position += count;
        if (count < target.Length)
        {
            throw Damaged(_position, $"the shard ends inside '{entry.Name}', after {_position - entry.Offset:N0} of {entry.Length:N0} bytes");
        }
    }

    private ShardException Damaged(long offset, string problem) => new(shard, offset, problem);
}

/// <summary>A regular file of a tar.</summary>
internal readonly record struct TarEntry(string Name, long HeaderOffset, long Offset, long Length);
