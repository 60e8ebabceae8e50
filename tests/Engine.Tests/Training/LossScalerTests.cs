using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

public sealed class LossScalerTests
{
    [Fact]
    public void An_overflow_halves_the_scale_and_leaves_the_step_out()
    {
        var scaler = new LossScaler(active: true);
        Assert.Equal(65536, scaler.State.Scale);
        Assert.False(scaler.Update(finite: true));
        Assert.True(scaler.Update(finite: false));
        Assert.Equal(new LossScale(32768, 0), scaler.State);
    }

    [Fact]
    public void Many_steps_without_overflow_double_the_scale()
    {
        var scaler = new LossScaler(active: true, new LossScale(8, 1999));
        Assert.False(scaler.Update(finite: true));
        Assert.Equal(new LossScale(16, 0), scaler.State);
    }

    [Fact]
    public void An_overflow_at_the_smallest_scale_is_no_matter_of_scale()
    {
        var scaler = new LossScaler(active: true, new LossScale(1, 5));
        Assert.False(scaler.Update(finite: false));
    }

    [Fact]
    public void Without_fp16_the_scale_is_one_for_ever()
    {
        var scaler = new LossScaler(active: false, new LossScale(8, 1999));
        Assert.False(scaler.Update(finite: false));
        Assert.Equal(new LossScale(1, 0), scaler.State);
    }
}
