namespace StableRep.Api.CaptionSets;

/// <summary>Finds the column that holds the captions.</summary>
internal static class CaptionColumns
{
    private static readonly string[] Names =
        ["caption", "captions", "text", "title", "description", "prompt", "sentence", "alt_text", "alt", "raw_caption", "txt", "label"];

    /// <summary>The best-known name among the given ones, or null.</summary>
    public static string? Find(IEnumerable<string> columns)
    {
        var present = columns.ToList();
        return Names.Select(name => present.Find(column => Key(column) == name)).FirstOrDefault(column => column is not null);
    }

    /// <summary>The index of a column by its name, or by its number from 0 where no name is equal; null when there is none.</summary>
    public static int? IndexOf(IReadOnlyList<string> columns, string wanted)
    {
        var index = columns.ToList().FindIndex(column => string.Equals(column.Trim(), wanted.Trim(), StringComparison.OrdinalIgnoreCase));
        return index >= 0 ? index : int.TryParse(wanted, out var number) && number >= 0 && number < columns.Count ? number : null;
    }

    /// <summary>The column of a table without a header that reads most like captions: the one with the most words that are no addresses.</summary>
    public static int Guess(IReadOnlyList<IReadOnlyList<string>> rows) =>
        Enumerable.Range(0, rows.Max(row => row.Count)).MaxBy(column => rows.Sum(row => column < row.Count ? Words(row[column]) : 0));

    private static string Key(string column) => column.Trim().Trim('\uFEFF').ToLowerInvariant().Replace(' ', '_').Replace('-', '_');

    private static int Words(string cell) =>
        cell.Contains("://", StringComparison.Ordinal) ? 0 : cell.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(word => word.Any(char.IsLetter));
}
