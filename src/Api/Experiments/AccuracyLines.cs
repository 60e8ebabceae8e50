using System.Globalization;
using StableRep.Api.Sweeps;
using StableRep.Engine.Evaluation;

namespace StableRep.Api.Experiments;

/// <summary>Probe accuracy by one setting, a line for each combination of the others, averaged over seeds.</summary>
/// <param name="Axis">The name of the axis across; null where nothing but seeds varies.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="IsNumeric">Whether its values are numbers.</param>
/// <param name="Values">Its values in order.</param>
/// <param name="Lines">The lines, in the order in which their settings first come.</param>
public sealed record AccuracyLines(string? Axis, string Title, bool IsNumeric, IReadOnlyList<string> Values, IReadOnlyList<AccuracyLine> Lines)
{
    /// <summary>The point of greatest mean, or null where nothing was measured.</summary>
    public (AccuracyLine Line, AccuracyPoint Point)? Best { get; } = Lines
        .SelectMany(line => line.Points.Select(point => ((AccuracyLine, AccuracyPoint)?)(line, point)))
        .MaxBy(pair => pair!.Value.Item2.Accuracy.Mean);

    /// <summary>Draws lines through measurements.</summary>
    /// <param name="rows">The measurements of one probe.</param>
    /// <param name="across">The name of the axis across, or null for the first that varies, numbers before words.</param>
    public static AccuracyLines Of(IReadOnlyList<AccuracyRow> rows, string? across = null)
    {
        var varying = SweepAxis.All.Where(axis => !axis.IsSeed && Distinct(rows, axis.Name).Skip(1).Any()).ToList();
        var x = varying.FirstOrDefault(axis => axis.Name == across) ?? varying.FirstOrDefault(axis => axis.IsNumeric) ?? varying.FirstOrDefault();
        var others = varying.Where(axis => axis != x).ToList();
        var values = x is null ? [""] : Distinct(rows, x.Name).ToList();
        if (x is { IsNumeric: true })
        {
            values.Sort((a, b) => Number(a).CompareTo(Number(b)));
        }

        var lines = rows.GroupBy(row => Name(row, others)).Select(group => new AccuracyLine(
            group.Key.Length > 0 ? group.Key : "all",
            [
                .. group.GroupBy(row => x is null ? "" : row.Value(x.Name)).OrderBy(point => values.IndexOf(point.Key)).Select(point => new AccuracyPoint(
                    point.Key,
                    x is { IsNumeric: true } ? Number(point.Key) : null,
                    MeanInterval.Of([.. point.Select(row => row.Accuracy)]),
                    [.. point.Select(row => row.ExperimentId)])),
            ]));
        return new AccuracyLines(x?.Name, x?.Title ?? "", x is { IsNumeric: true }, values, [.. lines]);
    }

    private static IEnumerable<string> Distinct(IReadOnlyList<AccuracyRow> rows, string axis) => rows.Select(row => row.Value(axis)).Distinct();

    private static string Name(AccuracyRow row, List<SweepAxis> axes) => string.Join(
        " · ",
        axes.Select(axis => axis.Label(row.Value(axis.Name))).Concat(row.Variant.Length > 0 ? [row.Variant] : []));

    private static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;
}

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its settings, for people.</param>
/// <param name="Points">Its points in the order of the axis across.</param>
public sealed record AccuracyLine(string Name, IReadOnlyList<AccuracyPoint> Points);

/// <summary>One point of a line.</summary>
/// <param name="Value">The value on the axis across.</param>
/// <param name="Number">The same as a number, or null where it is a word.</param>
/// <param name="Accuracy">The mean over seeds, with its 95% interval.</param>
/// <param name="Experiments">The experiments that were averaged.</param>
public sealed record AccuracyPoint(string Value, double? Number, MeanInterval Accuracy, IReadOnlyList<Guid> Experiments);

/// <summary>One measured accuracy.</summary>
/// <param name="ExperimentId">The experiment.</param>
/// <param name="Coordinates">Its settings by the names of their axes.</param>
/// <param name="Variant">What else sets it apart, for people; empty where nothing does.</param>
/// <param name="Accuracy">The accuracy from 0 to 1.</param>
public sealed record AccuracyRow(Guid ExperimentId, IReadOnlyDictionary<string, string> Coordinates, string Variant, double Accuracy)
{
    /// <summary>The value of an axis, empty where it has none.</summary>
    public string Value(string axis) => Coordinates.GetValueOrDefault(axis) ?? "";
}
