using StableRep.Engine.Evaluation;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class MeanIntervalTests
{
    [Fact]
    public void Three_values_have_the_interval_of_the_t_table()
    {
        // Standard deviation 0.02, t(2, 0.975) = 4.302653.
        var interval = MeanInterval.Of([0.78, 0.80, 0.82]);
        Assert.Equal(0.80, interval.Mean, 12);
        Assert.Equal(4.302653 * 0.02 / Math.Sqrt(3), interval.HalfWidth!.Value, 7);
        Assert.Equal("80.0 ± 5.0", interval.ToPercent());
    }

    [Fact]
    public void One_value_has_no_interval() => Assert.Equal("50.0", MeanInterval.Of([0.5]).ToPercent());
}
