using StableRep.Engine.Runtime;

namespace StableRep.Engine.Training;

/// <summary>
/// The positive sets of each batch: a function of their number, the batch's size and the seed alone. So what a step trained on can be said
/// long after it, without having been written down.
/// </summary>
public sealed class TrainingOrder
{
    private const int OrderStream = 1;
    private readonly long _seed;
    private readonly int _setsPerBatch;
    private readonly int[] _order;
    private long _epoch = -1;

    /// <summary>The order of some sets.</summary>
    /// <param name="sets">The number of positive sets.</param>
    /// <param name="setsPerBatch">Those of a batch.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="dropLast">Whether the sets left over at the end of an epoch, too few for a batch, are left out of it.</param>
    public TrainingOrder(int sets, int setsPerBatch, long seed, bool dropLast = true)
    {
        (_setsPerBatch, _seed, _order) = (setsPerBatch, seed, new int[sets]);
        BatchesPerEpoch = dropLast ? sets / setsPerBatch : (sets + setsPerBatch - 1) / setsPerBatch;
    }

    /// <summary>The order in which a recipe's training goes through some sets.</summary>
    public static TrainingOrder Of(TrainingRecipe recipe, int sets) => new(sets, recipe.SetsPerBatch, unchecked((long)recipe.Seed));

    /// <summary>The number of batches in one pass; 0 where there are too few sets for one.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>The sets of one batch, valid until the next call.</summary>
    public ReadOnlySpan<int> Sets(LoaderPosition position)
    {
        Shuffle(position.Epoch);
        var first = position.Batch * _setsPerBatch;
        return _order.AsSpan(first, Math.Min(_setsPerBatch, _order.Length - first));
    }

    /// <summary>The sets on which an optimizer step trained, valid until the next call.</summary>
    /// <param name="step">The step, from 1.</param>
    public ReadOnlySpan<int> Sets(long step) => Sets(new LoaderPosition((step - 1) / BatchesPerEpoch, (int)((step - 1) % BatchesPerEpoch)));

    private void Shuffle(long epoch)
    {
        if (_epoch == epoch)
        {
            return;
        }

        for (var index = 0; index < _order.Length; index++)
        {
            _order[index] = index;
        }

        var random = new SeededRandom(_seed, OrderStream, epoch);
        random.Shuffle<int>(_order, _order.Length);
        _epoch = epoch;
    }
}
