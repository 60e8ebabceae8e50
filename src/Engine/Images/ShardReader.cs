namespace StableRep.Engine.Images;

/// <summary>Reads <paramref name="length"/> bytes of a shard from <paramref name="offset"/>, wherever the shard lies. Safe from several threads.</summary>
public delegate byte[] ShardRange(long offset, int length);

/// <summary>
/// Reads WebDataset shards: single files by the index with one ranged read each, from a folder or any other store, or all samples in order from
/// a stream. Shards of other tools read too (ustar, PAX, GNU names, directories and links skipped). Thread-safe.
/// </summary>
public sealed class ShardReader
{
    private const int FileLimit = 1 << 28;
    private readonly ShardRange _range;

    private ShardReader(string name, ShardIndex index, ShardRange range) => (Name, Index, _range) = (name, index, range);

    /// <summary>The shard's path, or its name in its store.</summary>
    public string Name { get; }

    /// <summary>Where everything lies.</summary>
    public ShardIndex Index { get; }

    /// <summary>A shard in a file, whose index is made by walking over its headers. The file is opened for each read.</summary>
    /// <exception cref="ShardException">The file is no tar or damaged.</exception>
    public static ShardReader Open(string path)
    {
        // Only headers are read: a buffer would fetch contents in vain.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        return Open(path, Scan(stream, path));
    }

    /// <summary>A shard in a file with an index made before.</summary>
    public static ShardReader Open(string path, ShardIndex index) =>
        new(path, index, (offset, length) => ReadFile(path, offset, length));

    /// <summary>A shard anywhere: <paramref name="range"/> fetches its bytes.</summary>
    public static ShardReader Over(string name, ShardIndex index, ShardRange range) => new(name, index, range);

    /// <summary>Makes the index of a shard; files with one key make one sample wherever they lie.</summary>
    /// <param name="stream">The shard from its beginning; contents are skipped by seeking where the stream can.</param>
    /// <param name="name">The shard's name in errors.</param>
    /// <exception cref="ShardException">The stream is no tar, is damaged, or holds a name twice.</exception>
    public static ShardIndex Scan(Stream stream, string name)
    {
        var scanner = new TarScanner(stream, name);
        var keys = new List<string>();
        var files = new Dictionary<string, List<ShardFile>>();
        while (scanner.Next() is { } entry)
        {
            if (SampleName.Split(entry.Name) is not var (key, extension))
            {
                continue;
            }

            if (!files.TryGetValue(key, out var sample))
            {
                keys.Add(key);
                files[key] = sample = [];
            }

            if (entry.Length > FileLimit || sample.Any(file => file.Extension == extension))
            {
                throw new ShardException(name, entry.HeaderOffset, entry.Length > FileLimit
                    ? $"'{entry.Name}' announces {entry.Length:N0} bytes; {FileLimit:N0} are allowed"
                    : $"'{entry.Name}' is there twice");
            }

            sample.Add(new ShardFile(extension, entry.Offset, (int)entry.Length));
        }

        return new ShardIndex([.. keys.Select(key => new ShardSample(key, files[key]))], stream.CanSeek ? stream.Length : scanner.Position);
    }

    /// <summary>Reads all samples in order, with contents, from a stream that need not seek; neighbouring files with one key make one sample.</summary>
    /// <param name="stream">The shard from its beginning.</param>
    /// <param name="name">The shard's name in errors.</param>
    /// <exception cref="ShardException">The stream is no tar, is damaged, or holds a name twice in one sample.</exception>
    public static IEnumerable<ShardContent> ReadSamples(Stream stream, string name)
    {
        var scanner = new TarScanner(stream, name);
        ShardContent? sample = null;
        while (scanner.Next() is { } entry)
        {
            if (SampleName.Split(entry.Name) is not var (key, extension))
            {
                continue;
            }

            if (sample is not null && sample.Key != key)
            {
                yield return sample;
                sample = null;
            }

            sample ??= new ShardContent(key, new Dictionary<string, byte[]>());
            if (!sample.Files.TryAdd(extension, scanner.Read(entry, FileLimit)))
            {
                throw new ShardException(name, entry.HeaderOffset, $"'{entry.Name}' is there twice");
            }
        }

        if (sample is not null)
        {
            yield return sample;
        }
    }

    /// <summary>Reads one file of the shard.</summary>
    /// <exception cref="ShardException">The shard ends before the file does, or cannot be read there.</exception>
    public byte[] Read(ShardFile file)
    {
        if (file.Offset < 0 || file.Length < 0 || file.Offset > Index.Length - file.Length)
        {
            throw new ShardException(Name, file.Offset, $"the index places {file.Length:N0} bytes here; the shard has {Index.Length:N0} in all");
        }

        try
        {
            var content = _range(file.Offset, file.Length);
            return content.Length == file.Length
                ? content
                : throw new ShardException(Name, file.Offset, $"{file.Length:N0} bytes should lie here and {content.Length:N0} came: the shard was cut off");
        }
        catch (IOException exception)
        {
            throw new ShardException(Name, file.Offset, $"{file.Length:N0} bytes cannot be read: {exception.Message}", exception);
        }
    }

    private static byte[] ReadFile(string path, long offset, int length)
    {
        using var handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
        var content = new byte[length];
        var done = 0;
        while (done < length)
        {
            var count = RandomAccess.Read(handle, content.AsSpan(done), offset + done);
            if (count == 0)
            {
                return content[..done];
            }

            done += count;
        }

        return content;
    }
}

/// <summary>A sample with its files' contents.</summary>
/// <param name="Key">The name up to the first dot, with its folder.</param>
/// <param name="Files">The contents by extension, in lower case.</param>
public sealed record ShardContent(string Key, IDictionary<string, byte[]> Files);
