using StableRep.Engine.Runtime;

namespace StableRep.Engine.Training;

/// <summary>Which images each batch holds: a function of the settings, the source and the position alone.</summary>
internal sealed class BatchPlan
{
    private const int ImageStream = 2;
    private readonly IPositiveSetSource _source;
    private readonly LoaderSettings _settings;
    private readonly TrainingOrder _order;

    public BatchPlan(IPositiveSetSource source, LoaderSettings settings)
    {
        (_source, _settings) = (source, settings);
        _order = new TrainingOrder(source.Count, settings.SetsPerBatch, settings.Seed, settings.DropLast);
        if (BatchesPerEpoch == 0)
        {
            throw new ArgumentException(
                $"A batch takes {settings.SetsPerBatch} captions and the image set has {source.Count} with images: " +
                $"lower {nameof(LoaderSettings.SetsPerBatch)}, or keep the last batch ({nameof(LoaderSettings.DropLast)} = false).");
        }
    }

    public int BatchesPerEpoch => _order.BatchesPerEpoch;

    public LoaderPosition Next(LoaderPosition position) =>
        position.Batch + 1 < BatchesPerEpoch ? position with { Batch = position.Batch + 1 } : new LoaderPosition(position.Epoch + 1, 0);

    /// <summary>The images of one batch, those of one set beside each other.</summary>
    public List<SampleKey> Samples(LoaderPosition position)
    {
        var samples = new List<SampleKey>(_settings.SetsPerBatch * _settings.ImagesPerSet);
        foreach (var set in _order.Sets(position))
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
}
