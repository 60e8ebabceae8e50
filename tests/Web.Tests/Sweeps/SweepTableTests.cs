using Bunit;
using StableRep.Api.Sweeps;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Web.Sweeps;

namespace StableRep.Web.Tests.Sweeps;

public sealed class SweepTableTests : BunitContext
{
    [Fact]
    public void Numbers_run_across_the_other_axes_down_and_seeds_share_a_field()
    {
        var table = Table(("guidanceScale", ["2", "4"]), ("method", ["stablerep", "simclr"]), ("trainingSeed", ["0", "1", "2"]));
        Assert.Equal("guidanceScale", table.Across!.Name);
        Assert.Equal(["stablerep", "simclr"], table.Rows.Select(row => row.Name));
        Assert.Equal([[0, 1, 2], [6, 7, 8]], table.Rows[0].Fields);
        Assert.Equal([[3, 4, 5], [9, 10, 11]], table.Rows[1].Fields);
        Assert.Equal("Training seed", table.Seeds);
    }

    [Fact]
    public void Words_run_across_where_no_number_varies()
    {
        var table = Table(("method", ["stablerep", "clip"]));
        Assert.Equal(("method", ""), (table.Across!.Name, table.Seeds));
        Assert.Equal([[0], [1]], Assert.Single(table.Rows).Fields);
    }

    [Fact]
    public void Seeds_alone_make_one_field()
    {
        var table = Table(("trainingSeed", ["0", "1"]));
        Assert.Null(table.Across);
        Assert.Equal([0, 1], Assert.Single(Assert.Single(table.Rows).Fields));
    }

    [Fact]
    public void The_table_draws_every_cell_at_its_place()
    {
        var view = Render<SweepGridTable>(parameters => parameters
            .Add(page => page.Table, Table(("guidanceScale", ["2", "4"]), ("imagesPerPrompt", ["1", "8"])))
            .Add(page => page.Cell, index => $"<i>{index}</i>"));
        Assert.Equal(["Guidance scale", "2", "4"], view.FindAll("thead th").Select(cell => cell.TextContent.Trim()));
        Assert.Equal(["m 1", "m 8"], view.FindAll("tbody th").Select(cell => cell.TextContent));
        Assert.Equal(["0", "2", "1", "3"], view.FindAll("tbody i").Select(cell => cell.TextContent));
    }

    [Theory]
    [InlineData(ExperimentState.Done, 0.8144, "81.4")]
    [InlineData(ExperimentState.Training, null, "65%")]
    [InlineData(ExperimentState.Queued, null, "65%")]
    [InlineData(ExperimentState.Failed, null, "Failed")]
    public void A_cell_shows_its_accuracy_once_there_is_one_and_how_far_it_is_before(ExperimentState state, double? accuracy, string text)
    {
        var cell = new SweepCell(
            new Dictionary<string, string> { ["guidanceScale"] = "2" }, Guid.NewGuid(), state, null, 0.65,
            [new SweepProbe(ProbeKind.Linear, "x", WorkState.Done, accuracy)]);
        var chip = Render<SweepCellChip>(parameters => parameters.Add(page => page.Cell, cell).Add(page => page.Accuracy, accuracy));
        Assert.Equal(text, chip.Find("a > b, a > span:not(.cell-bar)").TextContent);
        Assert.StartsWith("w 2: ", chip.Find("a").GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_deleted_experiment_leaves_its_place()
    {
        var cell = new SweepCell(new Dictionary<string, string>(), Guid.NewGuid(), null, null, 0, []);
        Assert.Equal("Deleted", Render<SweepCellChip>(parameters => parameters.Add(page => page.Cell, cell)).Find(".cell-gone").TextContent);
    }

    [Theory]
    [InlineData(0, "A")]
    [InlineData(25, "Z")]
    [InlineData(26, "AA")]
    [InlineData(701, "ZZ")]
    [InlineData(702, "AAA")]
    public void Image_sets_are_named_by_letters(int index, string letter) => Assert.Equal(letter, PlanCell.Letter(index));

    private static SweepTable Table(params (string Name, string[] Values)[] axes)
    {
        var values = axes.Select(axis => new SweepAxisValues(axis.Name, SweepAxis.Named(axis.Name).Title, axis.Values)).ToList();
        IEnumerable<Dictionary<string, string>> cells = [[]];
        foreach (var axis in values)
        {
            cells = cells.SelectMany(cell => axis.Values.Select(value => new Dictionary<string, string>(cell) { [axis.Name] = value }));
        }

        return SweepTable.Of(values, [.. cells]);
    }
}
