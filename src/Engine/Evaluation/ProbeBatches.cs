using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>The batches on which a linear probe trains.</summary>
internal interface IProbeBatches
{
    int BatchSize { get; }

    int StepsPerEpoch { get; }

    int Dimension { get; }

    /// <summary>The batches of one epoch: features <c>[B, D]</c> and labels <c>[B]</c> on the probe's device, disposed by the caller.</summary>
    IEnumerable<(Tensor Features, Tensor Labels)> Epoch(int epoch, CancellationToken cancellation);
}

/// <summary>Batches of cached features, in an order that depends on (seed, epoch) alone.</summary>
internal sealed class CachedProbeBatches : IProbeBatches, IDisposable
{
    private readonly Tensor _features;
    private readonly Tensor _labels;
    private readonly int _seed;

    public CachedProbeBatches(FeatureSet set, int batchSize, int seed, Device device)
    {
        _features = set.Features.to(device).alias().DetachFromDisposeScope();
        _labels = set.Labels.to(device).alias().DetachFromDisposeScope();
        _seed = seed;
        Dimension = set.Dimension;
        BatchSize = Math.Min(batchSize, set.Count);
        StepsPerEpoch = set.Count / BatchSize;
    }

    public int BatchSize { get; }

    public int StepsPerEpoch { get; }

    public int Dimension { get; }

    public IEnumerable<(Tensor Features, Tensor Labels)> Epoch(int epoch, CancellationToken cancellation)
    {
        var permutation = EpochOrder.Permutation((int)_features.shape[0], _seed, epoch);
        using var order = tensor(Array.ConvertAll(permutation, row => (long)row), ScalarType.Int64, _features.device);
        for (var step = 0; step < StepsPerEpoch; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var rows = order.narrow(0, (long)step * BatchSize, BatchSize);
            yield return (_features.index_select(0, rows), _labels.index_select(0, rows));
        }
    }

    public void Dispose()
    {
        _features.Dispose();
        _labels.Dispose();
    }
}

/// <summary>The order of an epoch.</summary>
internal static class EpochOrder
{
    /// <summary>A permutation of [0, count) from (seed, epoch) alone.</summary>
    public static int[] Permutation(int count, int seed, int epoch)
    {
        var rows = Enumerable.Range(0, count).ToArray();
        new SeededRandom(seed, epoch).Shuffle<int>(rows, count);
        return rows;
    }
}
