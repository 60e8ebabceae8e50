using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// The k-nearest-neighbour probe: each test image is voted for by the k train images of greatest cosine similarity, each vote weighted by
/// <c>exp(similarity / temperature)</c> (arXiv 1805.01978). It trains nothing and so has nothing to tune on the test split.
/// </summary>
public static class NearestNeighbours
{
    private const long SimilaritiesAtOnce = 1 << 25;

    /// <summary>Classifies the test split.</summary>
    /// <param name="train">The train split.</param>
    /// <param name="test">The test split.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="neighbours">k, at least 1; lowered to the number of train images where that is smaller.</param>
    /// <param name="temperature">The votes' temperature, greater than 0.</param>
    /// <param name="cancellation">Stops between two chunks.</param>
    /// <exception cref="ArgumentException">The splits do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="neighbours"/> or <paramref name="temperature"/> is out of range.</exception>
    public static ClassificationMetrics Run(
        FeatureSet train, FeatureSet test, ComputeDevice device, int neighbours = 20, double temperature = 0.07, CancellationToken cancellation = default)
    {
        train.RequireSameSpace(test);
        using var scope = NewDisposeScope();
        var scores = Votes(
            train.Features.to(device.Torch),
            train.Labels.to(device.Torch),
            test.Features.to(device.Torch),
            train.ClassNames.Count,
            neighbours,
            temperature,
            cancellation);
        return ClassificationMetrics.From(scores, test.Labels, test.ClassNames);
    }

    /// <summary>The votes, <c>[M, classes]</c>, scaled so that each row's nearest neighbour counts 1.</summary>
    /// <param name="train"><c>[N, D]</c>; normalised here.</param>
    /// <param name="labels"><c>[N]</c> int64.</param>
    /// <param name="test"><c>[M, D]</c>; normalised here.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="neighbours">k, at least 1.</param>
    /// <param name="temperature">Greater than 0.</param>
    /// <param name="cancellation">Stops between two chunks.</param>
    public static Tensor Votes(
        Tensor train, Tensor labels, Tensor test, int classes, int neighbours = 20, double temperature = 0.07, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (bank, queries) = (EmbeddingMeasures.Normalize(train), EmbeddingMeasures.Normalize(test));
        var k = (int)Math.Min(neighbours, bank.shape[0]);
        var votes = zeros([queries.shape[0], classes], device: queries.device);
        var rows = Math.Max(1, SimilaritiesAtOnce / bank.shape[0]);
        for (long start = 0; start < queries.shape[0]; start += rows)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunk = NewDisposeScope();
            var count = Math.Min(rows, queries.shape[0] - start);
            var (similarity, index) = queries.narrow(0, start, count).matmul(bank.t()).topk(k, dim: 1);
            // Relative to the nearest, so that no temperature overflows; a row's votes only shrink by one factor.
            var weights = (similarity - similarity.narrow(1, 0, 1)).div_(temperature).exp_();
            votes.narrow(0, start, count).scatter_add_(1, labels[index], weights);
        }

        return votes.MoveToOuterDisposeScope();
    }
}
