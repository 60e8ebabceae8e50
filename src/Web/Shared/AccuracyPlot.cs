using System.Globalization;
using StableRep.Api.Experiments;

namespace StableRep.Web.Shared;

/// <summary>Where everything of a chart of accuracies lies, in the units of its picture.</summary>
public sealed class AccuracyPlot
{
    /// <summary>The picture's width.</summary>
    public const double Width = 720;

    /// <summary>The picture's height.</summary>
    public const double Height = 320;

    private const double Left = 58;
    private const double Right = 16;
    private const double Top = 14;
    private const double Bottom = 44;

    // A linear axis would push powers of two together at its start.
    private static readonly string[] Logarithmic = ["imagesPerPrompt", "baseLearningRate", "epochs"];

    private readonly double _low;
    private readonly double _high;
    private readonly IReadOnlyDictionary<string, double> _places;

    private AccuracyPlot(IReadOnlyDictionary<string, double> places, double low, double high) => (_places, _low, _high) = (places, low, high);

    /// <summary>The values marked on the accuracy axis.</summary>
    public IReadOnlyList<double> Ticks { get; private init; } = [];

    /// <summary>The values marked on the axis across: as many as there is room for.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>The left end of the accuracy grid.</summary>
    public static double Start => Left;

    /// <summary>The right end.</summary>
    public static double End => Width - Right;

    /// <summary>The lower end.</summary>
    public static double Floor => Height - Bottom;

    /// <summary>Lays a chart out.</summary>
    public static AccuracyPlot Of(AccuracyLines lines)
    {
        var points = lines.Lines.SelectMany(line => line.Points).ToList();
        var low = points.Select(point => point.Accuracy.Mean - (point.Accuracy.HalfWidth ?? 0)).DefaultIfEmpty(0).Min();
        var high = points.Select(point => point.Accuracy.Mean + (point.Accuracy.HalfWidth ?? 0)).DefaultIfEmpty(1).Max();
        var (step, bottom, top) = Scale(Math.Max(0, low), Math.Min(1, Math.Max(high, low + 0.01)));
        var places = Places(lines);
        var room = (int)((Width - Left - Right) / 46);
        var every = Math.Max(1, (int)Math.Ceiling(lines.Values.Count / (double)room));
        return new AccuracyPlot(places, bottom, top)
        {
            Ticks = [.. Enumerable.Range(0, (int)Math.Round((top - bottom) / step) + 1).Select(number => bottom + (number * step))],
            Values = [.. lines.Values.Where((_, index) => index % every == 0)],
        };
    }

    /// <summary>The place of a value on the axis across.</summary>
    public double X(string value) => _places[value];

    /// <summary>The place of an accuracy.</summary>
    public double Y(double accuracy) => Floor - ((Math.Clamp(accuracy, _low, _high) - _low) / (_high - _low) * (Floor - Top));

    /// <summary>A line through points, as an SVG polyline has it.</summary>
    public string Polyline(AccuracyLine line) => string.Join(' ', line.Points.Select(point => $"{Number(X(point.Value))},{Number(Y(point.Accuracy.Mean))}"));

    /// <summary>A coordinate as SVG writes it.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static Dictionary<string, double> Places(AccuracyLines lines)
    {
        const double Margin = 24;
        double Across(double share) => Left + Margin + (share * (Width - Left - Right - (2 * Margin)));
        var count = lines.Values.Count;
        if (!lines.IsNumeric || count == 1)
        {
            return lines.Values.Select((value, index) => (value, index)).ToDictionary(
                pair => pair.value, pair => Across(count == 1 ? 0.5 : pair.index / (count - 1.0)), StringComparer.Ordinal);
        }

        var numbers = lines.Values.Select(value => double.Parse(value, CultureInfo.InvariantCulture)).ToList();
        var isLog = Logarithmic.Contains(lines.Axis) && numbers[0] > 0;
        double Place(double number) => isLog ? Math.Log(number) : number;
        var (first, last) = (Place(numbers[0]), Place(numbers[^1]));
        return lines.Values.Zip(numbers).ToDictionary(
            pair => pair.First, pair => Across((Place(pair.Second) - first) / (last - first)), StringComparer.Ordinal);
    }

    /// <summary>Round steps from below the lowest to above the highest, at most six.</summary>
    private static (double Step, double Low, double High) Scale(double low, double high)
    {
        foreach (var step in (ReadOnlySpan<double>)[0.002, 0.005, 0.01, 0.02, 0.05, 0.1])
        {
            var (bottom, top) = (Math.Floor(low / step) * step, Math.Ceiling(high / step) * step);
            if (top - bottom <= 6 * step + 1e-9)
            {
                return (step, bottom, Math.Max(top, bottom + step));
            }
        }

        return (0.2, 0, 1);
    }
}
