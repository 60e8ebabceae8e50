using System.Collections.Concurrent;

namespace StableRep.Engine.Training;

/// <summary>
/// The threads behind one enumeration of a loader: one plans batches and waits while enough are ahead, the others decode the images of
/// whatever batch comes first. Batches come out in the planned order.
/// </summary>
internal sealed class LoaderPipeline : IDisposable
{
    private readonly IPositiveSetSource _source;
    private readonly Func<SampleKey, byte[]> _decode;
    private readonly CancellationTokenSource _stop;
    private readonly BlockingCollection<PendingBatch> _batches;
    private readonly BlockingCollection<(PendingBatch Batch, int Row)> _rows;
    private readonly Thread[] _threads;
    private PendingBatch? _taken;

    public LoaderPipeline(
        IPositiveSetSource source,
        LoaderSettings settings,
        Func<SampleKey, byte[]> decode,
        LoaderPosition from,
        CancellationToken cancellationToken)
    {
        (_source, _decode) = (source, decode);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _batches = new BlockingCollection<PendingBatch>(settings.PrefetchBatches);
        _rows = new BlockingCollection<(PendingBatch, int)>(settings.Threads * 4);
        _threads =
        [
            Start("loader-plan", () => Plan(settings, from)),
            .. Enumerable.Range(0, settings.Threads).Select(index => Start($"loader-decode-{index}", DecodeRows)),
        ];
    }

    /// <summary>Waits for the next batch; null where none of its images could be read. The caller owns the batch.</summary>
    public (TrainingBatch? Batch, IReadOnlyList<string> Failures) Take()
    {
        // Disposed only once no thread writes to it any more: after a finished wait, or after the threads have ended.
        _taken = _batches.Take(_stop.Token);
        var batch = _taken.Wait(_stop.Token);
        using var finished = _taken;
        _taken = null;
        return (batch, finished.Failures);
    }

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _taken?.Dispose();
        while (_batches.TryTake(out var pending))
        {
            pending.Dispose();
        }

        _batches.Dispose();
        _rows.Dispose();
        _stop.Dispose();
    }

    private Thread Start(string name, Action work)
    {
        var thread = new Thread(() => RunUntilStopped(work)) { Name = name, IsBackground = true };
        thread.Start();
        return thread;
    }

    private void RunUntilStopped(Action work)
    {
        try
        {
            work();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The normal end: the enumeration ended or the caller cancelled.
        }
    }

    private void Plan(LoaderSettings settings, LoaderPosition from)
    {
        var plan = new BatchPlan(_source, settings);
        for (var position = from; ; position = plan.Next(position))
        {
            var batch = PendingBatch.Create(_source, plan, position, settings);
            Hand(batch);
            if (batch.IsFaulted)
            {
                return;
            }

            for (var row = 0; row < batch.Rows; row++)
            {
                _rows.Add((batch, row), _stop.Token);
            }
        }
    }

    private void Hand(PendingBatch batch)
    {
        try
        {
            _batches.Add(batch, _stop.Token);
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    private void DecodeRows()
    {
        foreach (var (batch, row) in _rows.GetConsumingEnumerable(_stop.Token))
        {
            batch.Fill(row, _decode);
        }
    }
}
