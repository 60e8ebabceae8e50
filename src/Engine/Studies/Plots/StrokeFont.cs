namespace StableRep.Engine.Studies.Plots;

/// <summary>
/// A font of lines. Each glyph is a few polylines; a point is two digits of base 36, x from the left and y from the top: capitals reach from 0
/// to c, small letters begin at 4, descenders end at g. Corners are rounded, except where a point is written twice.
/// </summary>
internal static class StrokeFont
{
    private const double CapHeight = 12;
    private const double Spacing = 3.2;
    private const double SpaceWidth = 5;

    private static readonly IReadOnlyDictionary<char, string> Glyphs = new Dictionary<char, string>
    {
        ['0'] = "06 00 80 8c 0c 06",
        ['1'] = "13 40 40 4c",
        ['2'] = "03 00 80 86 0c 0c 8c",
        ['3'] = "02 00 80 86 36|36 86 8c 0c 0a",
        ['4'] = "60 08 08 88|60 6c",
        ['5'] = "80 10 10 05 05 84 8c 0c 0a",
        ['6'] = "72 70 00 0c 8c 85 05 08",
        ['7'] = "00 80 80 3c",
        ['8'] = "46 06 00 80 86 46|46 06 0c 8c 86 46",
        ['9'] = "1a 1c 8c 80 00 07 87 84",
        ['A'] = "0c 40 40 8c|18 78",
        ['B'] = "00 0c|00 70 76 06|06 86 8c 0c",
        ['C'] = "82 80 00 0c 8c 8a",
        ['D'] = "00 0c|00 80 8c 0c",
        ['E'] = "80 00 00 0c 0c 8c|06 66",
        ['F'] = "80 00 00 0c|06 66",
        ['G'] = "82 80 00 0c 8c 87 87 57",
        ['H'] = "00 0c|80 8c|06 86",
        ['I'] = "00 0c",
        ['J'] = "70 7c 0c 09",
        ['K'] = "00 0c|80 07|35 8c",
        ['L'] = "00 0c 0c 7c",
        ['M'] = "0c 00 00 48 48 80 80 8c",
        ['N'] = "0c 00 00 8c 8c 80",
        ['O'] = "06 00 80 8c 0c 06",
        ['P'] = "0c 00|00 80 87 07",
        ['Q'] = "06 00 80 8c 0c 06|59 8d",
        ['R'] = "0c 00|00 80 86 06|46 8c",
        ['S'] = "82 80 00 06 86 8c 0c 0a",
        ['T'] = "00 80|40 4c",
        ['U'] = "00 0c 8c 80",
        ['V'] = "00 4c 4c 80",
        ['W'] = "00 2c 2c 53 53 8c 8c a0",
        ['X'] = "00 8c|80 0c",
        ['Y'] = "00 46 46 80|46 4c",
        ['Z'] = "00 80 80 0c 0c 8c",
        ['a'] = "15 24 74 7c|78 08 0c 7c 79",
        ['b'] = "00 0c|07 04 74 7c 0c 09",
        ['c'] = "76 74 04 0c 7c 7a",
        ['d'] = "70 7c|77 74 04 0c 7c 79",
        ['e'] = "08 78 78 74 04 0c 7c 7b",
        ['f'] = "60 20 2c|04 54",
        ['g'] = "74 7g 0g 0f|77 74 04 0c 7c 79",
        ['h'] = "00 0c|08 04 74 7c",
        ['i'] = "04 0c|00 01",
        ['j'] = "34 3g 0g|30 31",
        ['k'] = "00 0c|74 09|37 7c",
        ['l'] = "00 0c",
        ['m'] = "04 0c|07 04 54 5c|57 54 a4 ac",
        ['n'] = "04 0c|08 04 74 7c",
        ['o'] = "08 04 74 7c 0c 08",
        ['p'] = "04 0g|07 04 74 7c 0c 09",
        ['q'] = "74 7g|77 74 04 0c 7c 79",
        ['r'] = "04 0c|08 04 54",
        ['s'] = "75 74 04 08 78 7c 0c 0b",
        ['t'] = "20 2c 6c|04 54",
        ['u'] = "04 0c 7c 78|74 7c",
        ['v'] = "04 4c 4c 84",
        ['w'] = "04 2c 2c 45 45 6c 6c 84",
        ['x'] = "04 7c|74 0c",
        ['y'] = "04 4c|84 2g",
        ['z'] = "04 74 74 0c 0c 7c",
        ['.'] = "0b 0c",
        [','] = "1b 1c 0e",
        [':'] = "05 06|0b 0c",
        ['-'] = "07 57",
        ['+'] = "07 67|34 3a",
        ['±'] = "06 66|33 39|0c 6c",
        ['='] = "05 65|09 69",
        ['×'] = "05 5a|55 0a",
        ['%'] = "90 0c|02 00 30 34 04 02|6a 68 98 9c 6c 6a",
        ['/'] = "60 0c",
        ['('] = "40 00 0d 4d",
        [')'] = "00 40 4d 0d",
        ['\''] = "00 03",
        ['"'] = "00 03|30 33",
        ['_'] = "0d 8d",
        ['<'] = "75 08 08 7b",
        ['>'] = "05 78 78 0b",
        ['?'] = "02 00 70 76 36 38|3b 3c",
        ['!'] = "00 08|0b 0c",
    };

    /// <summary>The width of a text whose capitals are <paramref name="size"/> high.</summary>
    public static double Width(string text, double size) => Math.Max(0, text.Sum(Advance) - Spacing) * size / CapHeight;

    /// <summary>Draws a text from the left end of its baseline; <paramref name="upwards"/> turns it to read from below.</summary>
    public static void Draw(PixelCanvas canvas, string text, double x, double y, double size, PlotColour colour, bool upwards = false)
    {
        var scale = size / CapHeight;
        var pen = 0.0;
        foreach (var letter in text)
        {
            foreach (var stroke in Strokes(letter))
            {
                canvas.Polyline(
                    [.. stroke.Select(point => (Along: (pen + point.X) * scale, Up: (CapHeight - point.Y) * scale))
                        .Select(point => upwards ? (x - point.Up, y - point.Along) : (x + point.Along, y - point.Up))],
                    Math.Max(1.15, size / 8),
                    colour);
            }

            pen += Advance(letter);
        }
    }

    private static double Advance(char letter) =>
        letter == ' ' ? SpaceWidth : Strokes(letter).SelectMany(stroke => stroke).Select(point => point.X).DefaultIfEmpty(0).Max() + Spacing;

    private static IEnumerable<List<(double X, double Y)>> Strokes(char letter)
    {
        if (letter == ' ')
        {
            return [];
        }

        var glyph = Glyphs.GetValueOrDefault(letter, "00 00 80 80 8c 8c 0c 0c 00");
        return glyph.Split('|').Select(stroke => Round([.. stroke.Split(' ').Select(point => ((double)Digit(point[0]), (double)Digit(point[1])))]));
    }

    /// <summary>Chaikin's corner cutting; a doubled point keeps its corner.</summary>
    private static List<(double X, double Y)> Round(List<(double X, double Y)> points)
    {
        for (var pass = 0; pass < 3 && points.Count > 2; pass++)
        {
            List<(double X, double Y)> rounded = [points[0]];
            for (var i = 0; i + 1 < points.Count; i++)
            {
                var (from, to) = (points[i], points[i + 1]);
                rounded.Add((from.X * 0.75 + to.X * 0.25, from.Y * 0.75 + to.Y * 0.25));
                rounded.Add((from.X * 0.25 + to.X * 0.75, from.Y * 0.25 + to.Y * 0.75));
            }

            rounded.Add(points[^1]);
            points = rounded;
        }

        return points;
    }

    private static int Digit(char digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;
}
