using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;

namespace StableRep.Api.CaptionSets;

/// <summary>One entry of a caption file: its text, or why it has none.</summary>
/// <param name="Line">The line in the file from 1 (the row of a Parquet file from 1).</param>
/// <param name="Text">The caption as it stands in the file; null when the line is malformed.</param>
/// <param name="Problem">Why the line is malformed.</param>
public readonly record struct RawCaption(long Line, string? Text, string? Problem = null);

/// <summary>Where a file's captions were found.</summary>
/// <param name="Chosen">The column that holds the captions, or null for a file of bare captions.</param>
/// <param name="All">Every column that may be chosen instead.</param>
public sealed record FoundColumn(string? Chosen, IReadOnlyList<string> All)
{
    /// <summary>A file of bare captions.</summary>
    internal static FoundColumn None { get; } = new(null, []);
}

/// <summary>A caption file on the disk, plain or gzipped, whose entries can be read any number of times in bounded memory.</summary>
public sealed class CaptionFile
{
    /// <summary>The most bytes that a gzipped file may unpack to.</summary>
    public const long MaxUnpackedBytes = 64L << 30;

    private readonly string _path;
    private readonly bool _zipped;

    private CaptionFile(string path, bool zipped, CaptionFormat format) => (_path, _zipped, Format) = (path, zipped, format);

    /// <summary>The format, by the name's ending.</summary>
    public CaptionFormat Format { get; }

    /// <summary>Recognises the format of a file by the name under which it was uploaded.</summary>
    /// <param name="path">Where the file lies.</param>
    /// <param name="name">Its name, such as <c>Train_GCC-training.tsv.gz</c>.</param>
    /// <exception cref="CaptionFileException">The ending is none that we read.</exception>
    public static CaptionFile Open(string path, string name)
    {
        var named = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        var ending = Path.GetExtension(named ? name[..^3] : name).TrimStart('.').ToLowerInvariant();
        var format = ending switch
        {
            "txt" or "text" => CaptionFormat.Txt,
            "csv" => CaptionFormat.Csv,
            "tsv" or "tab" => CaptionFormat.Tsv,
            "jsonl" or "ndjson" => CaptionFormat.Jsonl,
            "json" => CaptionFormat.Json,
            "parquet" => CaptionFormat.Parquet,
            _ => throw new CaptionFileException(
                $"'{name}' is not a caption file: name it .txt, .csv, .tsv, .jsonl, .json or .parquet, each also with .gz."),
        };
        return new CaptionFile(path, named || IsGzip(path), format);
    }

    /// <summary>The file's entries in order.</summary>
    /// <param name="column">The column that holds the captions, by name or number from 0; null to find it.</param>
    /// <param name="found">Told the column once, before the first entry.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="CaptionFileException">The file is not of its format, or has no such column.</exception>
    public async IAsyncEnumerable<RawCaption> ReadAsync(
        string? column, Action<FoundColumn> found, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Format == CaptionFormat.Parquet)
        {
            await using var seekable = await OpenSeekableAsync(cancellationToken);
            await foreach (var caption in ParquetCaptions.ReadAsync(seekable, column, found, cancellationToken))
            {
                yield return caption;
            }

            yield break;
        }

        Encoding encoding;
        await using (var probe = OpenUnpacked())
        {
            encoding = await Guarded(() => TextEncodings.DetectAsync(probe, cancellationToken));
        }

        await using var stream = OpenUnpacked();
        using var reader = new StreamReader(stream, encoding, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16);
        var captions = Format switch
        {
            CaptionFormat.Txt => TextCaptions.ReadLinesAsync(reader, found, cancellationToken),
            CaptionFormat.Csv => TableCaptions.ReadAsync(reader, ',', column, found, cancellationToken),
            CaptionFormat.Tsv => TableCaptions.ReadAsync(reader, '\t', column, found, cancellationToken),
            CaptionFormat.Jsonl => JsonCaptions.ReadLinesAsync(reader, column, found, cancellationToken),
            _ => JsonCaptions.ReadDocumentAsync(Encoding.CreateTranscodingStream(stream, encoding, Encoding.UTF8, leaveOpen: true), column, found, cancellationToken),
        };
        await using var entries = captions.GetAsyncEnumerator(cancellationToken);
        while (await Guarded(async () => await entries.MoveNextAsync()))
        {
            yield return entries.Current;
        }
    }

    /// <summary>Browsers and archives rename files: the content tells a gzip stream also under a plain name.</summary>
    private static bool IsGzip(string path)
    {
        Span<byte> magic = stackalloc byte[2];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic.SequenceEqual((ReadOnlySpan<byte>)[0x1F, 0x8B]);
    }

    private static async Task<T> Guarded<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (InvalidDataException exception)
        {
            throw new CaptionFileException($"The gzip stream is damaged or too large: {exception.Message}", exception);
        }
    }

    private Stream OpenUnpacked()
    {
        var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        return _zipped ? new BoundedStream(new GZipStream(file, CompressionMode.Decompress), MaxUnpackedBytes) : file;
    }

    private async Task<Stream> OpenSeekableAsync(CancellationToken cancellationToken)
    {
        if (!_zipped)
        {
            return OpenUnpacked();
        }

        var unpacked = new FileStream(
            Path.GetTempFileName(), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
        await using var packed = OpenUnpacked();
        await Guarded(async () =>
        {
            await packed.CopyToAsync(unpacked, cancellationToken);
            return unpacked.Length;
        });
        unpacked.Position = 0;
        return unpacked;
    }
}
