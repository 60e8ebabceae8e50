using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>Finds images that show the same picture, by their embeddings or by their perceptual hashes.</summary>
public static class NearDuplicates
{
    private const long SimilaritiesAtOnce = 1 << 24;
    private const int HashBits = 64;

    /// <summary>Pairs of rows whose cosine similarity reaches a threshold.</summary>
    /// <param name="features"><c>[N, D]</c> on the device to compute on; L2-normalised here.</param>
    /// <param name="threshold">The least similarity, in (-1, 1].</param>
    /// <param name="limit">The most pairs to return; the search stops there, so that a collapsed encoder does not fill the memory.</param>
    /// <param name="cancellation">Stops between two chunks.</param>
    /// <returns>Pairs with the lower row first, in row order.</returns>
    public static IReadOnlyList<DuplicatePair> ByEmbedding(
        Tensor features, double threshold = 0.98, int limit = 100_000, CancellationToken cancellation = default)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var unit = EmbeddingMeasures.Normalize(features);
        var count = unit.shape[0];
        var rows = Math.Max(1, SimilaritiesAtOnce / Math.Max(1, count));
        var pairs = new List<DuplicatePair>();
        for (long start = 0; start < count && pairs.Count < limit; start += rows)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunk = NewDisposeScope();
            var similarity = unit.narrow(0, start, Math.Min(rows, count - start)).matmul(unit.narrow(0, start, count - start).t()).triu(1);
            var hits = similarity.ge(threshold).logical_and(ones_like(similarity, ScalarType.Bool).triu(1)).nonzero();
            var places = hits.cpu().data<long>().ToArray();
            var values = similarity[hits.select(1, 0), hits.select(1, 1)].cpu().data<float>().ToArray();
            pairs.AddRange(values
                .Take(limit - pairs.Count)
                .Select((value, i) => new DuplicatePair((int)(start + places[2 * i]), (int)(start + places[2 * i + 1]), value)));
        }

        return pairs;
    }

    /// <summary>Pairs of pictures whose perceptual hashes differ in few bits.</summary>
    /// <param name="hashes">One hash a picture, from <see cref="PerceptualHash.Of"/>.</param>
    /// <param name="maxDistance">The most differing bits, in [0, 15].</param>
    /// <param name="limit">The most pairs to return.</param>
    /// <returns>Pairs with the lower index first, in index order; similarity is the share of equal bits.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxDistance"/> is out of range.</exception>
    public static IReadOnlyList<DuplicatePair> ByHash(IReadOnlyList<ulong> hashes, int maxDistance = 4, int limit = 100_000)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxDistance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxDistance, 15);
        // Cut in one part more than bits may differ, two near hashes agree in one whole part.
        var parts = maxDistance + 1;
        var tables = Enumerable.Range(0, parts).Select(_ => new Dictionary<ulong, List<int>>()).ToArray();
        var pairs = new List<DuplicatePair>();
        for (var second = 0; second < hashes.Count && pairs.Count < limit; second++)
        {
            var near = new SortedSet<int>();
            for (var part = 0; part < parts; part++)
            {
                ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(tables[part], Part(hashes[second], part, parts), out _);
                bucket ??= [];
                near.UnionWith(bucket.Where(first => PerceptualHash.Distance(hashes[first], hashes[second]) <= maxDistance));
                bucket.Add(second);
            }

            pairs.AddRange(near.Select(first => new DuplicatePair(first, second, 1 - PerceptualHash.Distance(hashes[first], hashes[second]) / (double)HashBits)));
        }

        return [.. pairs.OrderBy(pair => pair.First).ThenBy(pair => pair.Second).Take(limit)];
    }

    /// <summary>Joins pairs into groups: images connected by any chain of pairs.</summary>
    /// <returns>Groups of at least two, each ascending, in the order of their first image.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Groups(IEnumerable<DuplicatePair> pairs)
    {
        var parents = new Dictionary<int, int>();
        int Root(int item)
        {
            var parent = parents.GetValueOrDefault(item, item);
            return parent == item ? item : parents[item] = Root(parent);
        }

        foreach (var (first, second, _) in pairs)
        {
            var (a, b) = (Root(first), Root(second));
            (parents[Math.Max(a, b)], parents[Math.Min(a, b)]) = (Math.Min(a, b), Math.Min(a, b));
        }

        return [.. parents.Keys.ToArray().GroupBy(Root).OrderBy(group => group.Key).Select(group => group.Order().ToArray())];
    }

    private static ulong Part(ulong hash, int part, int parts)
    {
        var (from, to) = (part * HashBits / parts, (part + 1) * HashBits / parts);
        return to - from == HashBits ? hash : (hash >> from) & ((1UL << (to - from)) - 1);
    }
}

/// <summary>Two images that look the same.</summary>
/// <param name="First">The lower index.</param>
/// <param name="Second">The higher index.</param>
/// <param name="Similarity">Cosine similarity, or the share of equal bits of the hashes.</param>
public sealed record DuplicatePair(int First, int Second, double Similarity);
