using StableRep.Api.Review;

namespace StableRep.Api.Tests.Review;

public sealed class CohensKappaTests
{
    [Fact]
    public void The_textbook_table_gives_its_kappa()
    {
        // 20 both yes, 15 both no, 5 and 10 apart: observed 35/50 = 0.7, expected (25·30 + 25·20)/50² = 0.5, kappa 0.2/0.5.
        var kappa = CohensKappa.Of([("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)]);
        Assert.Equal(50, kappa.Count);
        Assert.Equal(0.7, kappa.Raw!.Value, 12);
        Assert.Equal(0.4, kappa.Kappa!.Value, 12);
    }

    [Fact]
    public void Three_verdicts_count_alike()
    {
        // Observed (3 + 2 + 1)/10; first 5, 3, 2 of 10, second 4, 4, 2: expected 0.20 + 0.12 + 0.04 = 0.36.
        var kappa = CohensKappa.Of(
            [("approve", "approve", 3), ("approve", "reject", 1), ("approve", "flag", 1), ("reject", "reject", 2), ("reject", "approve", 1), ("flag", "flag", 1), ("flag", "reject", 1)]);
        Assert.Equal(0.6, kappa.Raw!.Value, 12);
        Assert.Equal((0.6 - 0.36) / (1 - 0.36), kappa.Kappa!.Value, 12);
    }

    [Fact]
    public void Worse_than_chance_is_negative() =>
        Assert.Equal(-1, CohensKappa.Of([("a", "b", 5), ("b", "a", 5)]).Kappa!.Value, 12);

    [Fact]
    public void Where_both_always_say_the_same_kappa_is_not_defined() =>
        Assert.Equal(new CohensKappa(7, 1, null), CohensKappa.Of([("approve", "approve", 7)]));

    [Fact]
    public void Without_images_in_common_nothing_is_known() =>
        Assert.Equal(new CohensKappa(0, null, null), CohensKappa.Of(Array.Empty<(string, string, int)>()));
}
