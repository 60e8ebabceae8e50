using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Web.Compare;

namespace StableRep.Web.Tests.Compare;

public sealed class ParallelPlotTests
{
    [Fact]
    public void Axes_are_the_settings_that_vary_and_the_probes_with_the_largest_value_on_top()
    {
        var plot = ParallelPlot.Of(new Comparison
        {
            Experiments = [Experiment("1", "stablerep"), Experiment("4", "simclr"), Experiment("2.5", "stablerep")],
            Differences = [],
            Series = [],
            Probes = [new ProbeComparison(ProbeKind.Linear, "pets", [0.5, null, 0.75], AccuracyLines.Of([]))],
        });
        Assert.Equal(["Guidance scale", "Method", "Linear probe, pets"], plot.Axes.Select(axis => axis.Title));
        Assert.Equal([0, 1, 0.5], plot.Axes[0].Shares);
        Assert.Equal([0, null, 1], plot.Axes[2].Shares);
        Assert.Equal(["50.0%", "75.0%"], plot.Axes[2].Ticks.Select(tick => tick.Text));
        Assert.Equal(2, plot.Path(1).Count(character => character is 'M' or 'L'));
        Assert.Equal(3, plot.Path(0).Count(character => character is 'M' or 'L'));
    }

    [Fact]
    public void Names_lose_what_all_of_them_begin_with()
    {
        Assert.Equal(["w 1 · seed 0", "w 2 · seed 0"], ShortNames.Of(["sweep · w 1 · seed 0", "sweep · w 2 · seed 0"]));
        Assert.Equal(["same", "same"], ShortNames.Of(["same", "same"]));
        Assert.Equal(["a · b"], ShortNames.Of(["a · b"]));
        Assert.Equal(["a · b", "c"], ShortNames.Of(["a · b", "c"]));
    }

    private static ComparedExperiment Experiment(string scale, string method) => new(
        Guid.NewGuid(), method, ExperimentState.Done, Guid.NewGuid(), Guid.NewGuid(),
        new Dictionary<string, string> { ["guidanceScale"] = scale, ["method"] = method, ["sampler"] = "ddim" }, "", 1, DateTimeOffset.UnixEpoch, 0);
}
