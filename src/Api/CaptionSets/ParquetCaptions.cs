using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Parquet;
using Parquet.Schema;

namespace StableRep.Api.CaptionSets;

/// <summary>Reads one string column of a Parquet file, a row group at a time.</summary>
internal static class ParquetCaptions
{
    /// <summary>A file may claim any number of rows: this bounds what is allocated for them.</summary>
    private const long MaxRowsOfGroup = 20_000_000;

    public static async IAsyncEnumerable<RawCaption> ReadAsync(
        Stream stream, string? column, Action<FoundColumn> found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CheckFooter(stream);
        await using var reader = await Guarded(() => ParquetReader.CreateAsync(stream, leaveStreamOpen: true, cancellationToken: cancellationToken));
        var fields = reader.Schema.GetDataFields().Where(field => field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>)).ToList();
        var names = fields.ConvertAll(field => field.Name);
        var name = (column is null ? CaptionColumns.Find(names) : names.Find(other => string.Equals(other, column, StringComparison.OrdinalIgnoreCase)))
            ?? throw new CaptionFileException(
                $"There is no text column {(column is null ? "that looks like captions" : $"'{column}'")}: the file has {string.Join(", ", names.Select(other => $"'{other}'"))}.",
                columns: names);
        found(new FoundColumn(name, names));
        var chosen = fields[names.IndexOf(name)];
        var row = 0L;
        for (var group = 0; group < reader.RowGroupCount; group++)
        {
            foreach (var text in await Guarded(() => ColumnAsync(reader, group, chosen, cancellationToken)))
            {
                yield return new RawCaption(++row, text ?? "");
            }
        }
    }

    /// <summary>The reader allocates whatever length the file says that its footer has.</summary>
    private static void CheckFooter(Stream stream)
    {
        Span<byte> end = stackalloc byte[8];
        if (stream.Length >= 12)
        {
            stream.Position = stream.Length - end.Length;
            stream.ReadExactly(end);
        }

        if (!end[4..].SequenceEqual("PAR1"u8) || BinaryPrimitives.ReadUInt32LittleEndian(end) > stream.Length - 12)
        {
            throw new CaptionFileException("The Parquet file is damaged or cut off: its footer is not there.");
        }

        stream.Position = 0;
    }

    private static async Task<string?[]> ColumnAsync(ParquetReader reader, int group, DataField field, CancellationToken cancellationToken)
    {
        using var rows = reader.OpenRowGroupReader(group);
        if (rows.RowCount is < 0 or > MaxRowsOfGroup)
        {
            throw new CaptionFileException($"Row group {group} says that it has {rows.RowCount} rows; at most {MaxRowsOfGroup} are read.");
        }

        var texts = new string?[rows.RowCount];
        await rows.ReadAsync(field, texts.AsMemory(), cancellationToken: cancellationToken);
        return texts;
    }

    private static async Task<T> Guarded<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not CaptionFileException and not OutOfMemoryException)
        {
            throw new CaptionFileException($"The Parquet file is damaged or uses a feature that we do not read: {exception.Message}", exception);
        }
    }
}
