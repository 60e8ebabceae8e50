using System.Globalization;
using StableRep.Api.Experiments;
using StableRep.Api.Sweeps;
using StableRep.Web.Shared;

namespace StableRep.Web.Compare;

/// <summary>Experiments as lines through parallel axes: the settings that vary, then the accuracies.</summary>
internal sealed class ParallelPlot
{
    /// <summary>The picture's height.</summary>
    public const double Height = 280;

    private const double Gap = 165;
    private const double Side = 85;
    private const double Top = 34;
    private const double Bottom = 16;
    private const int MostTicks = 7;

    private ParallelPlot(IReadOnlyList<ParallelAxis> axes) => Axes = axes;

    /// <summary>The axes from left to right.</summary>
    public IReadOnlyList<ParallelAxis> Axes { get; }

    /// <summary>The picture's width.</summary>
    public double Width => (2 * Side) + (Gap * Math.Max(1, Axes.Count - 1));

    /// <summary>The axes' upper end.</summary>
    public static double Ceiling => Top;

    /// <summary>The axes' lower end.</summary>
    public static double Floor => Height - Bottom;

    /// <summary>Lays experiments out.</summary>
    public static ParallelPlot Of(Comparison comparison)
    {
        var axes = new List<ParallelAxis>();
        foreach (var axis in SweepAxis.All)
        {
            var values = comparison.Experiments.Select(experiment => experiment.Coordinates.GetValueOrDefault(axis.Name)).ToList();
            if (values.Distinct().Count() > 1)
            {
                axes.Add(axis.IsNumeric ? Numbers(axis.Title, values, Plain) : Words(axis.Title, values));
            }
        }

        foreach (var probe in comparison.Probes.Where(probe => probe.Accuracies.Any(accuracy => accuracy is not null)))
        {
            axes.Add(Numbers(
                $"{ProbeNames.Of(probe.Kind)}, {probe.Dataset}",
                [.. probe.Accuracies.Select(accuracy => accuracy?.ToString("R", CultureInfo.InvariantCulture))],
                value => (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + "%"));
        }

        return new ParallelPlot(axes);
    }

    /// <summary>The place of an axis.</summary>
    public static double X(int axis) => Side + (axis * Gap);

    /// <summary>The height of a share of an axis.</summary>
    public static double Y(double share) => Floor - (share * (Floor - Top));

    /// <summary>The line of an experiment as an SVG path: it is broken where a value is missing.</summary>
    public string Path(int experiment)
    {
        var path = new System.Text.StringBuilder();
        var isDown = false;
        for (var axis = 0; axis < Axes.Count; axis++)
        {
            if (Axes[axis].Shares[experiment] is not { } share)
            {
                isDown = false;
                continue;
            }

            path.Append(isDown ? 'L' : 'M').Append(AccuracyPlot.Number(X(axis))).Append(' ').Append(AccuracyPlot.Number(Y(share)));
            isDown = true;
        }

        return path.ToString();
    }

    private static string Plain(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    private static ParallelAxis Numbers(string title, List<string?> values, Func<double, string> write)
    {
        var numbers = values.ConvertAll(text => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : (double?)null);
        var (low, high) = (numbers.Min() ?? 0, numbers.Max() ?? 1);
        double Share(double number) => high > low ? (number - low) / (high - low) : 0.5;
        var distinct = numbers.OfType<double>().Distinct().Order().ToList();
        var ticks = distinct.Count <= MostTicks ? distinct : [low, (low + high) / 2, high];
        return new ParallelAxis(title, [.. numbers.Select(number => number is { } value ? Share(value) : (double?)null)], [.. ticks.Select(tick => (write(tick), Share(tick)))]);
    }

    private static ParallelAxis Words(string title, List<string?> values)
    {
        var words = values.OfType<string>().Distinct().ToList();
        double Share(string word) => words.Count == 1 ? 0.5 : words.IndexOf(word) / (words.Count - 1.0);
        return new ParallelAxis(title, [.. values.Select(word => word is null ? (double?)null : Share(word))], [.. words.Select(word => (word, Share(word)))]);
    }
}

/// <summary>One of the parallel axes.</summary>
/// <param name="Title">What is on it.</param>
/// <param name="Shares">The height of each experiment from 0 to 1, or null where it has no value.</param>
/// <param name="Ticks">What is written beside it, and at which height.</param>
internal sealed record ParallelAxis(string Title, IReadOnlyList<double?> Shares, IReadOnlyList<(string Text, double Share)> Ticks);
