using StableRep.Engine.Evaluation;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class HoldOutSplitTests
{
    [Fact]
    public void Each_class_gives_its_share_and_keeps_its_last_row()
    {
        int[] labels = [.. Enumerable.Repeat(0, 40), .. Enumerable.Repeat(1, 10), 2, 3, 3];
        var split = HoldOutSplit.Stratified(labels, 0.1, seed: 7);
        Assert.Equal([4, 1, 0, 1], Enumerable.Range(0, 4).Select(label => split.HeldOut.Count(row => labels[row] == label)));
        Assert.Equal(Enumerable.Range(0, labels.Length), split.Kept.Concat(split.HeldOut).Order());
        Assert.Equal(split.HeldOut, HoldOutSplit.Stratified(labels, 0.1, seed: 7).HeldOut);
        Assert.NotEqual(split.HeldOut, HoldOutSplit.Stratified(labels, 0.1, seed: 8).HeldOut);
    }

    [Fact]
    public void Classes_of_one_image_leave_nothing_to_choose_on() =>
        Assert.Throws<ArgumentException>(() => HoldOutSplit.Stratified([0, 1, 2], 0.5, seed: 0));
}
