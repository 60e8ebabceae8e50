using StableRep.Api.ImageSets;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

/// <summary>The order of captions whose images are there.</summary>
public sealed class SampleOrderTests
{
    private static readonly SampleOrder Order = new([new CaptionRun(40, 3), new CaptionRun(0, 2), new CaptionRun(10, 4)]);

    [Theory]
    [InlineData(0, 3, new[] { 40, 41, 42 })]
    [InlineData(2, 2, new[] { 42, 0 })]
    [InlineData(4, 10, new[] { 1, 10, 11, 12, 13 })]
    [InlineData(9, 5, new int[0])]
    public void Slice_goes_from_run_to_run(int start, int count, int[] captions) => Assert.Equal(captions, Order.Slice(start, count));

    [Fact]
    public void Total_is_that_of_all_runs() => Assert.Equal(9, Order.Total);
}
