using Bunit;
using StableRep.Api.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.Tests.Shared;

public sealed class AccuracyChartTests : BunitContext
{
    private static readonly AccuracyLines Lines = AccuracyLines.Of(
    [
        Row("2", "stablerep", 0.80), Row("2", "stablerep", 0.82), Row("4", "stablerep", 0.70), Row("4", "stablerep", 0.72), Row("2", "simclr", 0.6), Row("10", "simclr", 0.65),
    ]);

    [Fact]
    public void Seeds_are_averaged_into_points_of_one_line_a_method_in_order_of_the_scale()
    {
        Assert.Equal(["2", "4", "10"], Lines.Values);
        Assert.Equal(["stablerep", "simclr"], Lines.Lines.Select(line => line.Name));
        Assert.Equal([0.81, 0.71], Lines.Lines[0].Points.Select(point => Math.Round(point.Accuracy.Mean, 9)));
        Assert.Equal((2, true), (Lines.Lines[0].Points[0].Accuracy.Count, Lines.Lines[0].Points[0].Accuracy.HalfWidth > 0));
        Assert.Null(Lines.Lines[1].Points[0].Accuracy.HalfWidth);
        Assert.Equal(("stablerep", "2"), (Lines.Best!.Value.Line.Name, Lines.Best.Value.Point.Value));
    }

    [Fact]
    public void The_picture_has_a_point_and_an_interval_where_there_are_seeds_and_a_table_with_the_same_numbers()
    {
        var chart = Render<AccuracyChart>(parameters => parameters.Add(page => page.Lines, Lines));
        Assert.Equal((4, 2, 2), (chart.FindAll("circle").Count, chart.FindAll(".accuracy-interval").Count, chart.FindAll("polyline").Count));
        Assert.Contains(chart.FindAll("title"), title => title.TextContent == "stablerep, guidance scale 2: 81.0 ± 12.7% of 2 experiments");
        Assert.Equal(["81.0 ± 12.7", "60.0"], chart.FindAll("tbody tr")[0].QuerySelectorAll("td").Select(cell => cell.TextContent));
        Assert.Equal(["", "65.0"], chart.FindAll("tbody tr")[2].QuerySelectorAll("td").Select(cell => cell.TextContent));
    }

    [Fact]
    public void Places_are_true_to_the_numbers_and_inside_the_picture()
    {
        var plot = AccuracyPlot.Of(Lines);
        Assert.Equal((plot.X("4") - plot.X("2")) * 4, plot.X("10") - plot.X("2"), 6);
        Assert.True(plot.Y(0.8) < plot.Y(0.7));
        Assert.All(Lines.Lines.SelectMany(line => line.Points), point => Assert.InRange(plot.Y(point.Accuracy.Mean), 0, AccuracyPlot.Floor));
        Assert.InRange(plot.Ticks.Count, 2, 7);
    }

    [Theory]
    [InlineData(0.0, 0.0)]
    [InlineData(1.0, 1.0)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.0, 1.0)]
    [InlineData(0.8111, 0.8112)]
    public void Any_range_of_accuracies_has_a_scale(double low, double high)
    {
        var plot = AccuracyPlot.Of(AccuracyLines.Of([Row("2", "stablerep", low), Row("4", "stablerep", high)]));
        Assert.InRange(plot.Ticks.Count, 2, 7);
        Assert.InRange(plot.Y(low), 0, AccuracyPlot.Height);
        Assert.InRange(plot.Y(high), 0, AccuracyPlot.Height);
    }

    [Fact]
    public void Measurements_that_differ_only_in_seeds_are_one_point()
    {
        var lines = AccuracyLines.Of([Row("2", "stablerep", 0.5), Row("2", "stablerep", 0.7)]);
        Assert.Null(lines.Axis);
        Assert.Equal(0.6, Assert.Single(Assert.Single(lines.Lines).Points).Accuracy.Mean, 9);
    }

    private static AccuracyRow Row(string scale, string method, double accuracy) =>
        new(Guid.NewGuid(), new Dictionary<string, string> { ["guidanceScale"] = scale, ["method"] = method }, "", accuracy);
}
