using System.Collections.Concurrent;
using StableRep.Engine.Images;

namespace StableRep.Engine.Training;

/// <summary>
/// Reads, decodes and prefetches batches on its own threads and hands them out in an order that follows from the seed alone, whatever the
/// number of threads. An image that cannot be read is reported and leaves its set smaller.
/// </summary>
public sealed class BatchLoader
{
    private const int EmptyBatchLimit = 16;
    private const int ReportsPerBatch = 20;
    private readonly IPositiveSetSource _source;
    private readonly LoaderSettings _settings;
    private readonly IRunObserver _observer;
    private readonly ConcurrentDictionary<SampleKey, byte[]> _cache = new();
    private long _cacheRoom;

    /// <summary>Checks the settings against the source; nothing is read yet.</summary>
    /// <param name="source">The images; read from several threads at once.</param>
    /// <param name="settings">How batches are made.</param>
    /// <param name="observer">Told of unreadable images, on the thread that enumerates; null tells nobody.</param>
    /// <exception cref="ArgumentException">A setting is out of range, or the source has too few sets for one batch.</exception>
    public BatchLoader(IPositiveSetSource source, LoaderSettings settings, IRunObserver? observer = null)
    {
        settings.Validate();
        (_source, _settings, _observer) = (source, settings, observer ?? NullRunObserver.Instance);
        _cacheRoom = settings.CacheBytes;
        BatchesPerEpoch = new BatchPlan(source, settings).BatchesPerEpoch;
    }

    /// <summary>The number of batches in one pass over the source.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>
    /// The batches from <paramref name="from"/> on, epoch after epoch without end: the caller stops when it has enough. A batch of which no
    /// image could be read is left out. Ending the enumeration ends the threads.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such position.</exception>
    /// <exception cref="InvalidDataException">No image of several batches in a row could be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<TrainingBatch> Read(LoaderPosition from = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from.Epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(from.Batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(from.Batch, BatchesPerEpoch);
        return Enumerate(from, cancellationToken);
    }

    private IEnumerable<TrainingBatch> Enumerate(LoaderPosition from, CancellationToken cancellationToken)
    {
        using var pipeline = new LoaderPipeline(_source, _settings, Decode, from, cancellationToken);
        for (var empty = 0; empty < Math.Min(EmptyBatchLimit, BatchesPerEpoch);)
        {
            var (batch, failures) = pipeline.Take();
            Report(failures);
            if (batch is null)
            {
                empty++;
                continue;
            }

            empty = 0;
            yield return batch;
        }

        throw new InvalidDataException(
            "No image of the last batches could be read: see the log for each image's reason. " +
            "Check that the image set's files are there and readable, then resume.");
    }

    private void Report(IReadOnlyList<string> failures)
    {
        foreach (var failure in failures.Take(ReportsPerBatch))
        {
            _observer.Log(RunLogLevel.Warning, failure);
        }

        if (failures.Count > ReportsPerBatch)
        {
            _observer.Log(RunLogLevel.Warning, $"{failures.Count - ReportsPerBatch} more images of this batch could not be read.");
        }
    }

    private byte[] Decode(SampleKey sample)
    {
        if (_cache.TryGetValue(sample, out var cached))
        {
            return cached;
        }

        var rgb = ImageResizer.CenterSquare(_source.Read(sample.SetIndex, sample.Image), _settings.Resolution).Rgb;
        if (_settings.CacheBytes > 0 && Interlocked.Add(ref _cacheRoom, -rgb.Length) >= 0)
        {
            _cache[sample] = rgb;
        }

        return rgb;
    }
}
