using StableRep.Engine.Evaluation;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class PositiveSetMeasuresTests
{
    [Fact]
    public void Ragged_sets_have_the_similarities_of_their_pairs()
    {
        using var scope = NewDisposeScope();
        using var set = Samples.Clouds(3, 4, 5, spread: 0.5, seed: 1);
        var labels = tensor(new long[] { 5, 5, 5, 5, 5, 5, 2, 2, 2, 9, 9, 40 });
        var measures = PositiveSetMeasures.Compute(set.Features, labels);

        var unit = set.Features / set.Features.norm(1, keepdim: true);
        var similarity = unit.matmul(unit.t());
        var (within, across, diversity) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < 12; i++)
        {
            for (var j = i + 1; j < 12; j++)
            {
                (labels[i].item<long>() == labels[j].item<long>() ? within : across).Add(similarity[i, j].item<float>());
            }
        }

        Assert.Equal(within.Average(), measures.WithinSimilarity, 5);
        Assert.Equal(across.Average(), measures.AcrossSimilarity, 5);
        Assert.Equal([2, 5, 9, 40], measures.Sets.Select(row => row.Set));
        Assert.Equal([3, 6, 2, 1], measures.Sets.Select(row => row.Images));
        Assert.Equal(1 - similarity[9, 10].item<float>(), measures.Sets[2].Diversity!.Value, 5);
        Assert.Null(measures.Sets[3].Diversity);
        Assert.Equal(measures.Sets.Take(3).Average(row => row.Diversity!.Value), measures.Diversity, 9);
    }

    [Fact]
    public void Identical_images_have_no_diversity()
    {
        var measures = PositiveSetMeasures.Compute(ones(4, 3), tensor(new long[] { 0, 0, 1, 1 }));
        Assert.Equal(0, measures.Diversity, 6);
        Assert.Equal(1, measures.AcrossSimilarity, 6);
    }
}
