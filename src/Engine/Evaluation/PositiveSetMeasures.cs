using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// How alike the images of a caption are, and how unlike those of different captions. Guidance raises the first (arXiv 2306.00984, section 4):
/// diversity within a caption is what multi-positive learning lives on.
/// </summary>
/// <param name="WithinSimilarity">Mean cosine similarity over pairs of one set, in [-1, 1]; 0 when no set has two images.</param>
/// <param name="AcrossSimilarity">Mean cosine similarity over pairs of different sets; 0 when there is one set.</param>
/// <param name="Diversity">The mean of <see cref="Sets"/>' diversity over sets of at least two images: 0 when all images of a caption are the same.</param>
/// <param name="Sets">One row a set, in ascending order of its identity.</param>
public sealed record PositiveSetMeasures(
    double WithinSimilarity, double AcrossSimilarity, double Diversity, IReadOnlyList<SetDiversity> Sets)
{
    /// <summary>Measures embeddings grouped into sets; no pair is formed, so that a million images are no burden.</summary>
    /// <param name="features"><c>[N, D]</c>; L2-normalised here.</param>
    /// <param name="sets"><c>[N]</c> int64: the set (caption index) of each row.</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public static PositiveSetMeasures Compute(Tensor features, Tensor sets)
    {
        if (features.dim() != 2 || sets.dim() != 1 || sets.shape[0] != features.shape[0])
        {
            throw new ArgumentException(
                $"Set measures need features [N, D] and sets [N], not [{string.Join(", ", features.shape)}] and [{string.Join(", ", sets.shape)}].");
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var sums = LabelSums.Of(EmbeddingMeasures.Normalize(features), sets);
        // |sum|² counts every ordered pair of a set and each row with itself.
        var within = (sums.Sums.pow(2).sum(1) - sums.SquaredNorms).cpu().data<double>().ToArray();
        var counts = sums.Counts.cpu().data<double>().ToArray();
        var identities = sums.Labels.cpu().data<long>().ToArray();
        var total = sums.Sums.sum([0]).pow(2).sum().item<double>() - sums.SquaredNorms.sum().item<double>();

        var rows = identities.Select((identity, i) => new SetDiversity(
            identity, (int)counts[i], counts[i] < 2 ? null : 1 - within[i] / (counts[i] * (counts[i] - 1)))).ToArray();
        var withinPairs = counts.Sum(count => count * (count - 1));
        var acrossPairs = counts.Sum() * (counts.Sum() - 1) - withinPairs;
        return new PositiveSetMeasures(
            withinPairs == 0 ? 0 : within.Sum() / withinPairs,
            acrossPairs == 0 ? 0 : (total - within.Sum()) / acrossPairs,
            rows.Where(row => row.Diversity is not null).Select(row => row.Diversity!.Value).DefaultIfEmpty(0).Average(),
            rows);
    }
}

/// <summary>The diversity of one set.</summary>
/// <param name="Set">The set's identity: its caption's index.</param>
/// <param name="Images">Its images.</param>
/// <param name="Diversity">1 - the mean cosine similarity of its pairs, in [0, 2]; null for a single image.</param>
public sealed record SetDiversity(long Set, int Images, double? Diversity);
