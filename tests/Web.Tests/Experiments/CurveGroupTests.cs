using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

/// <summary>Which curves come into which chart.</summary>
public sealed class CurveGroupTests
{
    [Fact]
    public void Of_series_of_a_training_puts_the_loss_with_its_parts_first()
    {
        var groups = CurveGroup.Of(["train/learning-rate", "train/loss", "train/loss/image-text", "train/uniformity", "train/alignment"]);
        Assert.Equal(["Loss", "Learning rate", "Alignment and uniformity"], groups.Select(group => group.Title));
        Assert.Equal(["train/loss", "train/loss/image-text"], groups[0].Series);
        Assert.Equal("image-text", groups[0].LabelOf("train/loss/image-text"));
    }

    [Fact]
    public void Of_many_series_of_one_beginning_gives_charts_of_at_most_eight_lines()
    {
        var names = Enumerable.Range(0, 20).Select(number => $"probe/scenes-objects/linear/held-out-accuracy/lr-{number}").ToList();
        var groups = CurveGroup.Of(names);
        Assert.Equal([8, 8, 4], groups.Select(group => group.Series.Count));
        Assert.Equal("scenes-objects · linear · held-out-accuracy", groups[0].Title);
        Assert.Equal(names, groups.SelectMany(group => group.Series));
    }

    [Fact]
    public void Of_no_series_gives_no_chart() => Assert.Empty(CurveGroup.Of([]));
}
