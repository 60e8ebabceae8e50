namespace StableRep.Engine.Studies.Plots;

/// <summary>A plot of values with their intervals.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XLabel">The horizontal axis, with its unit.</param>
/// <param name="YLabel">The vertical axis, with its unit.</param>
/// <param name="Series">The lines.</param>
public sealed record Chart(string Title, string XLabel, string YLabel, IReadOnlyList<ChartSeries> Series)
{
    /// <summary>Draws lines with markers and error bars over a numeric axis. The same chart gives the same bytes on every machine.</summary>
    /// <returns>A PNG file.</returns>
    public byte[] ToLinePng() => ChartRenderer.Lines(this);

    /// <summary>Draws one bar for each series, by its first point, with its error bar and value.</summary>
    /// <returns>A PNG file.</returns>
    public byte[] ToBarPng() => ChartRenderer.Bars(this);
}

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, by ascending X.</param>
/// <param name="IsLevel">Whether it is a level without a place on the X axis: one point, drawn as a dashed line across.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points, bool IsLevel = false);

/// <summary>One point of a chart.</summary>
/// <param name="X">Where it is; ignored in bars and levels.</param>
/// <param name="Y">Its value.</param>
/// <param name="Error">Half the width of its interval, or null.</param>
public readonly record struct ChartPoint(double X, double Y, double? Error);
