using System.Globalization;
using System.Runtime.CompilerServices;
using CsvHelper;

namespace StableRep.Api.CaptionSets;

/// <summary>Reads comma- and tab-separated tables, with or without a header.</summary>
internal static class TableCaptions
{
    private const int Sample = 50;

    public static async IAsyncEnumerable<RawCaption> ReadAsync(
        TextReader reader, char separator, string? column, Action<FoundColumn> found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Tab-separated files of captions use quotes as text: CC3M's has thousands that would never close.
        await using var parser = CsvReader.Create(reader, new CsvReaderOptions
        {
            Separator = separator,
            HasHeader = false,
            Mode = separator == '\t' ? CsvMode.NoEscape : CsvMode.Rfc4180,
            MalformedData = CsvMalformedDataHandling.Recover,
            TrackLineNumbers = true,
            MaxRecordSize = 4 << 20,
        }, leaveOpen: true);
        var rows = new List<(long Line, string[] Cells)>();
        while (rows.Count < Sample && await NextAsync(parser, cancellationToken))
        {
            rows.Add((parser.LineNumber, [.. Enumerable.Range(0, parser.FieldCount).Select(parser.GetString)]));
        }

        if (rows.Count == 0)
        {
            found(FoundColumn.None);
            yield break;
        }

        var (index, header) = Choose(rows.ConvertAll(row => row.Cells), column);
        IReadOnlyList<string> names = [.. rows[0].Cells.Select((cell, place) => header ? cell.Trim() : place.ToString(CultureInfo.InvariantCulture))];
        found(new FoundColumn(names[index], names));
        foreach (var (line, cells) in rows.Skip(header ? 1 : 0))
        {
            yield return index < cells.Length ? new RawCaption(line, cells[index]) : TooShort(line, cells.Length, index);
        }

        while (await NextAsync(parser, cancellationToken))
        {
            yield return index < parser.FieldCount
                ? new RawCaption(parser.LineNumber, parser.GetString(index))
                : TooShort(parser.LineNumber, parser.FieldCount, index);
        }
    }

    private static (int Index, bool Header) Choose(List<string[]> rows, string? column)
    {
        var named = CaptionColumns.Find(rows[0]);
        if (column is null)
        {
            return named is null ? (CaptionColumns.Guess(rows), false) : (Array.IndexOf(rows[0], named), true);
        }

        var index = CaptionColumns.IndexOf(rows[0], column)
            ?? throw new CaptionFileException($"There is no column '{column}': the first row has {string.Join(", ", rows[0].Select(cell => $"'{cell}'"))}.",
                columns: rows[0]);
        return (index, named is not null || string.Equals(rows[0][index].Trim(), column.Trim(), StringComparison.OrdinalIgnoreCase));
    }

    private static RawCaption TooShort(long line, int columns, int index) =>
        new(line, null, $"The row has {columns} columns; the captions are in column {index + 1}.");

    private static async ValueTask<bool> NextAsync(CsvReader parser, CancellationToken cancellationToken)
    {
        try
        {
            return await parser.ReadAsync(cancellationToken);
        }
        catch (CsvFormatException exception)
        {
            throw new CaptionFileException($"Line {exception.LineNumber} is no row of a table: {exception.Message}", exception);
        }
    }
}
