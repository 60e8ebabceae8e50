using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

public sealed class LearningRateScheduleTests
{
    private static readonly LearningRateSchedule Schedule =
        new() { Peak = 2, Floor = 0.5, WarmupEpochs = 1.5, Epochs = 4, IterationsPerEpoch = 4 };

    [Fact]
    public void At_rises_to_the_peak_falls_to_the_floor_and_stays_there()
    {
        Assert.Equal(0, Schedule.At(0));
        Assert.Equal(1, Schedule.At(3), 1e-12);
        Assert.Equal(2, Schedule.At(6), 1e-12);
        Assert.Equal(1.25, Schedule.At(11), 1e-12);
        Assert.Equal(0.5, Schedule.At(16), 1e-12);
        Assert.Equal(0.5, Schedule.At(100), 1e-12);
    }

    [Fact]
    public void At_without_warm_up_starts_at_the_peak() =>
        Assert.Equal(2, (Schedule with { WarmupEpochs = 0 }).At(0));

    [Theory]
    [InlineData(2e-4, 1376 * 6, 1, 0.003225)]
    [InlineData(2e-4, 512, 2, 4e-4)]
    public void ScaleToBatch_grows_with_the_pairs_of_views(double baseRate, long images, int crops, double expected) =>
        Assert.Equal(expected, LearningRateSchedule.ScaleToBatch(baseRate, images, crops), 1e-12);
}
