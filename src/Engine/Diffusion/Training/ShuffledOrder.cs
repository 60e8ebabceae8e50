namespace StableRep.Engine.Diffusion.Training;

/// <summary>An endless sequence of example numbers: each epoch a permutation of its own, made from the seed and the epoch alone.</summary>
internal sealed class ShuffledOrder(int count, ulong seed)
{
    private readonly Dictionary<long, int[]> _epochs = [];

    /// <summary>The examples of one step.</summary>
    public long[] Batch(long step, int batchSize)
    {
        var batch = new long[batchSize];
        for (var place = 0; place < batchSize; place++)
        {
            var position = (step * batchSize) + place;
            batch[place] = Epoch(position / count)[position % count];
        }

        return batch;
    }

    private int[] Epoch(long epoch)
    {
        if (!_epochs.TryGetValue(epoch, out var order))
        {
            foreach (var past in _epochs.Keys.Where(key => key < epoch - 1).ToArray())
            {
                _epochs.Remove(past);
            }

            order = [.. Enumerable.Range(0, count)];
            var state = Seeds.Derive(seed, 0, epoch);
            for (var last = count - 1; last > 0; last--)
            {
                state = Seeds.Derive(state, 1, last);
                var other = (int)(state % (ulong)(last + 1));
                (order[last], order[other]) = (order[other], order[last]);
            }

            _epochs[epoch] = order;
        }

        return order;
    }
}
