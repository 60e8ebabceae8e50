using StableRep.Engine.Runtime;

namespace StableRep.Engine.Training;

/// <summary>Which images each batch holds: a function of the settings, the source and the position alone.</summary>
internal sealed class BatchPlan
{
    private const int OrderStream = 1;
    private const int ImageStream = 2;
    private readonly IPositiveSetSource _source;
    private readonly LoaderSettings _settings;
    private readonly int[] _order;
    private long _orderEpoch = -1;

    public BatchPlan(IPositiveSetSource source, LoaderSettings settings)
    {
        (_source, _settings) = (source, settings);
        var count = source.Count;
        BatchesPerEpoch = settings.DropLast ? count / settings.SetsPerBatch : (count + settings.SetsPerBatch - 1) / settings.SetsPerBatch;
        if (BatchesPerEpoch == 0)
        {
            throw new ArgumentException(
                $"A batch takes {settings.SetsPerBatch} captions and the image set has {count} with images: " +
                $"lower {nameof(LoaderSettings.SetsPerBatch)}, or keep the last batch ({nameof(LoaderSettings.DropLast)} = false).");
        }

        _order = new int[count];
    }

    public int BatchesPerEpoch { get; }

    public LoaderPosition Next(LoaderPosition position) =>
        position.Batch + 1 < BatchesPerEpoch ? position with { Batch = position.Batch + 1 } : new LoaderPosition(position.Epoch + 1, 0);

    /// <summary>The images of one batch, those of one set beside each other.</summary>
    public List<SampleKey> Samples(LoaderPosition position)
    {
        OrderFor(position.Epoch);
        var first = position.Batch * _settings.SetsPerBatch;
        var samples = new List<SampleKey>(_settings.SetsPerBatch * _settings.ImagesPerSet);
        foreach (var set in _order.AsSpan(first, Math.Min(_settings.SetsPerBatch, _order.Length - first)))
        {
            foreach (var image in Images(set, position.Epoch))
            {
                samples.Add(new SampleKey(set, image));
            }
        }

        return samples;
    }

    private int[] Images(int set, long epoch)
    {
        var images = Enumerable.Range(0, _source.Get(set).ImageCount).ToArray();
        if (images.Length <= _settings.ImagesPerSet)
        {
            return images;
        }

        var random = new SeededRandom(_settings.Seed, ImageStream, epoch, set);
        random.Shuffle<int>(images, _settings.ImagesPerSet);
        return images[.._settings.ImagesPerSet];
    }

    private void OrderFor(long epoch)
    {
        if (_orderEpoch == epoch)
        {
            return;
        }

        for (var i = 0; i < _order.Length; i++)
        {
            _order[i] = i;
        }

        var random = new SeededRandom(_settings.Seed, OrderStream, epoch);
        random.Shuffle<int>(_order, _order.Length);
        _orderEpoch = epoch;
    }
}
