using StableRep.Engine.Evaluation;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class ClassificationMetricsTests
{
    [Fact]
    public void A_small_table_has_the_numbers_counted_by_hand()
    {
        // Seven classes; the best class of each row, then the rank of the true one.
        using var scope = NewDisposeScope();
        var scores = tensor(new float[]
        {
            9, 8, 7, 6, 5, 4, 3, // true 0: right
            9, 8, 7, 6, 5, 4, 3, // true 4: fifth
            9, 8, 7, 6, 5, 4, 3, // true 5: sixth
            1, 9, 2, 3, 4, 5, 6, // true 1: right
            9, 8, 2, 3, 4, 5, 6, // true 1: second
        }).reshape(5, 7);
        var metrics = ClassificationMetrics.From(scores, tensor(new long[] { 0, 4, 5, 1, 1 }), Samples.Names(7));
        Assert.Equal(2.0 / 5, metrics.Top1);
        Assert.Equal(4.0 / 5, metrics.Top5);
        Assert.Equal((1 + 0 + 0 + 0.5) / 4, metrics.MeanPerClass, 12);
        Assert.Equal([0, 0, 0, 1, 0], metrics.Predictions);
        Assert.Equal([1, 1, 0, 0, 0, 0, 0], metrics.Confusion[1]);
        Assert.Equal(new ClassScore("class 0", 1, 1, 1, 0.25, null), metrics.Classes[0]);
        Assert.Equal(new ClassScore("class 1", 2, 1, 0.5, 1, "class 0"), metrics.Classes[1]);
        Assert.Equal(new ClassScore("class 6", 0, 0, 0, 0, null), metrics.Classes[6]);
    }

    [Fact]
    public void With_two_classes_the_five_best_are_both() =>
        Assert.Equal(1, ClassificationMetrics.From(tensor(new float[] { 1, 0 }).reshape(1, 2), tensor(new long[] { 1 }), Samples.Names(2)).Top5);

    [Fact]
    public void Scores_that_are_not_numbers_are_refused() =>
        Assert.Throws<ArgumentException>(() => ClassificationMetrics.From(tensor(new[] { float.NaN, 0 }).reshape(1, 2), tensor(new long[] { 1 }), Samples.Names(2)));
}
