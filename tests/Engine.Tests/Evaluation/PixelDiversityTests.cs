using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class PixelDiversityTests
{
    [Fact]
    public void It_is_0_for_equal_pictures_1_for_black_and_white_and_the_mean_over_pairs_between()
    {
        var diversity = new PixelDiversity();
        diversity.Add(Plain(0));
        Assert.Null(diversity.Value);
        diversity.Add(Plain(0));
        Assert.Equal(0, diversity.Value);
        diversity.Add(Plain(255));
        Assert.Equal(2.0 / 3, diversity.Value!.Value, 6);
    }

    private static PixelImage Plain(byte value)
    {
        var pixels = new byte[64 * 64 * 3];
        Array.Fill(pixels, value);
        return new PixelImage(64, 64, pixels);
    }
}
