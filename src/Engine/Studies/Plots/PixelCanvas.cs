using StableRep.Engine.Images;

namespace StableRep.Engine.Studies.Plots;

/// <summary>
/// A white picture to draw plots on: antialiased lines, discs and boxes. It needs no graphics library and no fonts, so that a report's plots
/// are the same bytes on every machine.
/// </summary>
internal sealed class PixelCanvas(int width, int height)
{
    private readonly float[] _pixels = [.. Enumerable.Repeat(255f, width * height * 3)];

    public int Width => width;

    public int Height => height;

    /// <summary>Draws lines through points with round ends and joints; where they cross themselves they do not darken.</summary>
    public void Polyline(IReadOnlyList<(double X, double Y)> points, double thickness, PlotColour colour, double opacity = 1)
    {
        var radius = thickness / 2;
        var left = Math.Max(0, (int)(points.Min(point => point.X) - radius - 1));
        var right = Math.Min(width - 1, (int)(points.Max(point => point.X) + radius + 2));
        var top = Math.Max(0, (int)(points.Min(point => point.Y) - radius - 1));
        var bottom = Math.Min(height - 1, (int)(points.Max(point => point.Y) + radius + 2));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var distance = double.MaxValue;
                for (var i = 1; i < points.Count; i++)
                {
                    distance = Math.Min(distance, Distance(x + 0.5, y + 0.5, points[i - 1], points[i]));
                }

                Blend(x, y, colour, opacity * Math.Clamp(radius - distance + 0.5, 0, 1));
            }
        }
    }

    /// <summary>Draws one line.</summary>
    public void Line(double x0, double y0, double x1, double y1, double thickness, PlotColour colour, double opacity = 1) =>
        Polyline([(x0, y0), (x1, y1)], thickness, colour, opacity);

    /// <summary>Draws a line of dashes.</summary>
    public void Dashes(double x0, double y0, double x1, double y1, double thickness, PlotColour colour)
    {
        const double period = 12;
        var length = Math.Sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
        for (var from = 0.0; from < length; from += period)
        {
            var (a, b) = (from / length, Math.Min(length, from + period / 2) / length);
            Line(x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b, thickness, colour);
        }
    }

    /// <summary>Draws a filled disc.</summary>
    public void Disc(double x, double y, double radius, PlotColour colour) => Line(x, y, x, y, 2 * radius, colour);

    /// <summary>Fills a box; its edges may lie between pixels.</summary>
    public void Box(double left, double top, double right, double bottom, PlotColour colour, double opacity = 1)
    {
        for (var y = Math.Max(0, (int)top); y < Math.Min(height, bottom); y++)
        {
            var rows = Math.Min(y + 1, bottom) - Math.Max(y, top);
            for (var x = Math.Max(0, (int)left); x < Math.Min(width, right); x++)
            {
                Blend(x, y, colour, opacity * rows * (Math.Min(x + 1, right) - Math.Max(x, left)));
            }
        }
    }

    /// <summary>The picture so far.</summary>
    public PixelImage ToImage() => new(width, height, Array.ConvertAll(_pixels, value => (byte)Math.Clamp(value + 0.5f, 0, 255)));

    private static double Distance(double x, double y, (double X, double Y) from, (double X, double Y) to)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var squared = dx * dx + dy * dy;
        var along = squared == 0 ? 0 : Math.Clamp(((x - from.X) * dx + (y - from.Y) * dy) / squared, 0, 1);
        var (ex, ey) = (x - from.X - along * dx, y - from.Y - along * dy);
        return Math.Sqrt(ex * ex + ey * ey);
    }

    private void Blend(int x, int y, PlotColour colour, double opacity)
    {
        if (opacity <= 0)
        {
            return;
        }

        var at = (y * width + x) * 3;
        _pixels[at] += (float)opacity * (colour.Red - _pixels[at]);
        _pixels[at + 1] += (float)opacity * (colour.Green - _pixels[at + 1]);
        _pixels[at + 2] += (float)opacity * (colour.Blue - _pixels[at + 2]);
    }
}

/// <summary>A colour of a plot, 8-bit sRGB.</summary>
internal readonly record struct PlotColour(byte Red, byte Green, byte Blue)
{
    public static PlotColour Ink { get; } = new(0x22, 0x26, 0x2b);

    public static PlotColour Grid { get; } = new(0xe3, 0xe6, 0xea);

    /// <summary>Colours that stay apart under every common colour blindness (Okabe and Ito, 2008).</summary>
    public static IReadOnlyList<PlotColour> Palette { get; } =
    [
        new(0x00, 0x72, 0xb2), new(0xd5, 0x5e, 0x00), new(0x00, 0x9e, 0x73), new(0xcc, 0x79, 0xa7), new(0xe6, 0x9f, 0x00), new(0x56, 0xb4, 0xe9), new(0x55, 0x55, 0x55),
    ];
}
