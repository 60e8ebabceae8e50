using StableRep.Engine.Evaluation;
using TorchSharp;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class EmbeddingMeasuresTests
{
    [Fact]
    public void Collapsed_embeddings_have_no_spread()
    {
        var measures = EmbeddingMeasures.Compute(torch.ones(6, 3), torch.tensor(new long[] { 0, 0, 1, 1, 2, 2 }));
        Assert.Equal(0, measures.Alignment, 6);
        Assert.Equal(0, measures.Uniformity, 5);
        Assert.Equal(1, measures.EffectiveRank, 3);
    }

    [Fact]
    public void Opposite_pairs_on_an_axis_give_the_values_computed_by_hand()
    {
        // Two at +e1, two at -e1; sets {+,+} and {-,-}: alignment 0. Of six pairs two have d²=0 and four d²=4.
        var features = torch.tensor(new float[] { 3, 0, 5, 0, -1, 0, -2, 0 }).reshape(4, 2);
        var measures = EmbeddingMeasures.Compute(features, torch.tensor(new long[] { 7, 7, 9, 9 }));
        Assert.Equal(0, measures.Alignment, 6);
        Assert.Equal(Math.Log((2 + 4 * Math.Exp(-8)) / 6), measures.Uniformity, 5);
        Assert.Equal(1, measures.EffectiveRank, 3);
    }

    [Fact]
    public void Alignment_counts_ordered_pairs_of_ragged_sets()
    {
        // Set of three: e1, e1, e2 gives ordered squared distances 0, 2, 2 twice; a set of one gives none.
        var features = torch.tensor(new float[] { 1, 0, 1, 0, 0, 1, -1, 0 }).reshape(4, 2);
        var measures = EmbeddingMeasures.Compute(features, torch.tensor(new long[] { 4, 4, 4, 8 }));
        Assert.Equal(8.0 / 6, measures.Alignment, 6);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var error = Assert.Throws<ArgumentException>(() => EmbeddingMeasures.Compute(torch.ones(3, 2), torch.zeros(2, torch.int64)));
        Assert.Contains("[3, 2] and [2]", error.Message, StringComparison.Ordinal);
    }
}
