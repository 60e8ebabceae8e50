using StableRep.Engine.Images;
using StableRep.Engine.Studies.Plots;

namespace StableRep.Engine.Tests.Studies;

public sealed class ChartTests
{
    private static Chart Guidance { get; } = new(
        "Linear probe by guidance scale (3 seeds, 95% intervals)",
        "guidance scale",
        "top-1 accuracy, %",
        [
            new("StableRep", [new(1, 41.2, 1.1), new(2, 45, 0.8), new(4, 44, 1.4), new(10, 38.5, 2)]),
            new("SimCLR", [new(1, 36, 1.3), new(2, 38, null), new(4, 35.5, 0.5), new(10, 30, 1)]),
            new("SimCLR, real renders", [new(0, 37.5, 0.9)], IsLevel: true),
        ]);

    [Fact]
    public void Lines_show_each_series_in_its_colour_and_the_same_bytes_each_time()
    {
        var png = Guidance.ToLinePng();
        if (Environment.GetEnvironmentVariable("STABLEREP_PICTURES") is { } folder)
        {
            File.WriteAllBytes(Path.Combine(folder, "lines.png"), png);
            File.WriteAllBytes(Path.Combine(folder, "bars.png"), Methods.ToBarPng());
        }

        Assert.Equal(png, Guidance.ToLinePng());
        var image = ImageCodec.Decode(png);
        Assert.All(PlotColour.Palette.Take(3), colour => Assert.True(Count(image, colour) > 100, $"{colour} is missing"));
        Assert.Equal(0, Count(image, PlotColour.Palette[3]));
    }

    [Fact]
    public void A_bar_is_as_high_as_its_value()
    {
        static int Pixels(double value)
        {
            var chart = new Chart("", "", "", [new("a", [new(0, 100, null)]), new("b", [new(0, value, null)])]);
            var image = ImageCodec.Decode(chart.ToBarPng());
            var colour = PlotColour.Palette[1];
            // Bars are not quite opaque on white.
            return Enumerable.Range(0, image.Width * image.Height).Count(i =>
                Math.Abs(image.Rgb[3 * i] - (255 + 0.85 * (colour.Red - 255))) < 2 && Math.Abs(image.Rgb[3 * i + 2] - (255 + 0.85 * (colour.Blue - 255))) < 2);
        }

        Assert.InRange(Pixels(80) / (double)Pixels(40), 1.95, 2.05);
    }

    [Theory]
    [InlineData(0.7, 1)]
    [InlineData(1, 1)]
    [InlineData(1.3, 2)]
    [InlineData(33, 50)]
    [InlineData(0.012, 0.02)]
    public void Ticks_are_round_numbers(double rough, double step) => Assert.Equal(step, ChartRenderer.RoundStep(rough), 9);

    private static Chart Methods { get; } = new("Methods at equal images seen", "", "top-1 accuracy, %",
    [
        new("random init", [new(0, 12.3, 0.4)]), new("SimCLR", [new(0, 31.5, 1.2)]), new("CLIP", [new(0, 36, 2.2)]),
        new("StableRep", [new(0, 41.9, 0.9)]), new("StableRep+", [new(0, 45, 1)]), new("supervised", [new(0, 62, 0.7)]),
    ]);

    private static int Count(PixelImage image, PlotColour colour) => Enumerable.Range(0, image.Width * image.Height).Count(i =>
        (image.Rgb[3 * i], image.Rgb[3 * i + 1], image.Rgb[3 * i + 2]) == (colour.Red, colour.Green, colour.Blue));
}
