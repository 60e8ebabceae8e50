using System.Globalization;
using StableRep.Engine.Images;

namespace StableRep.Engine.Studies.Plots;

/// <summary>Lays charts out on a canvas.</summary>
internal static class ChartRenderer
{
    private const int Height = 560;
    private const double Left = 92;
    private const double Top = 64;
    private const double Bottom = 478;
    private const double TickSize = 12;
    private const double LabelSize = 13;

    public static byte[] Lines(Chart chart)
    {
        var legend = chart.Series.Max(series => StrokeFont.Width(series.Name, TickSize)) + 60;
        var canvas = new PixelCanvas((int)(660 + legend), Height);
        var area = new Area(chart, canvas.Width - legend - 24);
        DrawFrame(canvas, chart, area);
        foreach (var x in chart.Series.Where(series => !series.IsLevel).SelectMany(series => series.Points).Select(point => point.X).Distinct())
        {
            canvas.Line(area.X(x), Bottom, area.X(x), Bottom + 5, 1.2, PlotColour.Ink);
            DrawCentred(canvas, Number(x), area.X(x), Bottom + 24, TickSize);
        }

        for (var i = 0; i < chart.Series.Count; i++)
        {
            var (series, colour) = (chart.Series[i], PlotColour.Palette[i % PlotColour.Palette.Count]);
            DrawSeries(canvas, series, area, colour, shift: 7 * i);
            var y = Top + 14 + i * 26;
            if (series.IsLevel)
            {
                canvas.Dashes(area.Right + 18, y, area.Right + 46, y, 2.4, colour);
            }
            else
            {
                canvas.Line(area.Right + 18, y, area.Right + 46, y, 2.4, colour);
                canvas.Disc(area.Right + 32, y, 4.5, colour);
            }

            StrokeFont.Draw(canvas, series.Name, area.Right + 56, y + TickSize / 2, TickSize, PlotColour.Ink);
        }

        return ImageCodec.Encode(canvas.ToImage(), ImageFormat.Png);
    }

    public static byte[] Bars(Chart chart)
    {
        var slot = Math.Max(96, chart.Series.Max(series => StrokeFont.Width(series.Name, TickSize)) + 28);
        var canvas = new PixelCanvas((int)(Left + slot * chart.Series.Count + 32), Height);
        var area = new Area(chart, canvas.Width - 32);
        DrawFrame(canvas, chart, area);
        for (var i = 0; i < chart.Series.Count; i++)
        {
            var (point, centre) = (chart.Series[i].Points[0], Left + slot * (i + 0.5));
            canvas.Box(centre - slot * 0.3, area.Y(point.Y), centre + slot * 0.3, Bottom, PlotColour.Palette[i % PlotColour.Palette.Count], 0.85);
            DrawError(canvas, centre, point, area, PlotColour.Ink);
            DrawCentred(canvas, point.Y.ToString("F1", CultureInfo.InvariantCulture), centre, area.Y(point.Y + (point.Error ?? 0)) - 10, TickSize);
            DrawCentred(canvas, chart.Series[i].Name, centre, Bottom + 24, TickSize);
        }

        canvas.Line(Left, Bottom, area.Right, Bottom, 1.4, PlotColour.Ink);
        return ImageCodec.Encode(canvas.ToImage(), ImageFormat.Png);
    }

    /// <summary>A round number of the size of <paramref name="rough"/>: 1, 2 or 5 times a power of ten.</summary>
    internal static double RoundStep(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return new[] { 1.0, 2, 5, 10 }.First(step => step * power >= rough * (1 - 1e-9)) * power;
    }

    private static void DrawFrame(PixelCanvas canvas, Chart chart, Area area)
    {
        for (var tick = 0; tick <= area.Ticks; tick++)
        {
            var value = area.Low + tick * area.Step;
            canvas.Line(Left, area.Y(value), area.Right, area.Y(value), 1, PlotColour.Grid);
            var text = Number(value);
            StrokeFont.Draw(canvas, text, Left - 12 - StrokeFont.Width(text, TickSize), area.Y(value) + TickSize / 2, TickSize, PlotColour.Ink);
        }

        canvas.Line(Left, Bottom, area.Right, Bottom, 1.4, PlotColour.Ink);
        canvas.Line(Left, Top, Left, Bottom, 1.4, PlotColour.Ink);
        StrokeFont.Draw(canvas, chart.Title, Left, 36, 16, PlotColour.Ink);
        DrawCentred(canvas, chart.XLabel, (Left + area.Right) / 2, Height - 28, LabelSize);
        StrokeFont.Draw(canvas, chart.YLabel, 30, (Top + Bottom + StrokeFont.Width(chart.YLabel, LabelSize)) / 2, LabelSize, PlotColour.Ink, upwards: true);
    }

    /// <summary>Draws a series <paramref name="shift"/> pixels to the right, so that several series' error bars at one place do not hide each other.</summary>
    private static void DrawSeries(PixelCanvas canvas, ChartSeries series, Area area, PlotColour colour, int shift)
    {
        if (series.IsLevel)
        {
            var (level, error) = (series.Points[0].Y, series.Points[0].Error ?? 0);
            canvas.Box(Left, area.Y(level + error), area.Right, area.Y(level - error), colour, 0.12);
            canvas.Dashes(Left, area.Y(level), area.Right, area.Y(level), 2.4, colour);
            return;
        }

        canvas.Polyline([.. series.Points.Select(point => (area.X(point.X) + shift, area.Y(point.Y)))], 2.4, colour);
        foreach (var point in series.Points)
        {
            DrawError(canvas, area.X(point.X) + shift, point, area, colour);
            canvas.Disc(area.X(point.X) + shift, area.Y(point.Y), 4.5, colour);
        }
    }

    private static void DrawError(PixelCanvas canvas, double x, ChartPoint point, Area area, PlotColour colour)
    {
        if (point.Error is not { } error)
        {
            return;
        }

        canvas.Line(x, area.Y(point.Y - error), x, area.Y(point.Y + error), 1.6, colour);
        canvas.Line(x - 5, area.Y(point.Y - error), x + 5, area.Y(point.Y - error), 1.6, colour);
        canvas.Line(x - 5, area.Y(point.Y + error), x + 5, area.Y(point.Y + error), 1.6, colour);
    }

    private static void DrawCentred(PixelCanvas canvas, string text, double x, double y, double size) =>
        StrokeFont.Draw(canvas, text, x - StrokeFont.Width(text, size) / 2, y, size, PlotColour.Ink);

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    /// <summary>Maps values to pixels. The vertical axis covers every error bar and begins and ends on a round number; bars begin at 0.</summary>
    private sealed class Area
    {
        private readonly double _minX;
        private readonly double _spanX;

        public Area(Chart chart, double right)
        {
            Right = right;
            var points = chart.Series.SelectMany(series => series.Points).ToArray();
            var (low, high) = (points.Min(point => point.Y - (point.Error ?? 0)), points.Max(point => point.Y + (point.Error ?? 0)));
            var bars = chart.Series.All(series => series.Points.Count == 1 && !series.IsLevel);
            low = bars ? Math.Min(0, low) : low;
            Step = RoundStep(Math.Max(high - low, 1e-6) / 6);
            Low = Math.Floor(low / Step + 1e-9) * Step;
            Ticks = (int)Math.Max(1, Math.Ceiling((high - Low) / Step - 1e-9));
            var xs = chart.Series.Where(series => !series.IsLevel).SelectMany(series => series.Points).Select(point => point.X).DefaultIfEmpty(0).ToArray();
            _minX = xs.Min();
            _spanX = Math.Max(1e-9, xs.Max() - _minX);
        }

        public double Right { get; }

        public double Low { get; }

        public double Step { get; }

        public int Ticks { get; }

        public double X(double value) => Left + 28 + (value - _minX) / _spanX * (Right - Left - 56);

        public double Y(double value) => Bottom - (value - Low) / (Ticks * Step) * (Bottom - Top);
    }
}
