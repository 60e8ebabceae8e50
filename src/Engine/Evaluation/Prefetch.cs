using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace StableRep.Engine.Evaluation;

/// <summary>Makes items ahead of their use, on a thread of its own.</summary>
internal static class Prefetch
{
    /// <summary>The items 0 to <paramref name="count"/> - 1 in order, at most <paramref name="ahead"/> of them waiting.</summary>
    /// <param name="count">How many items to make.</param>
    /// <param name="ahead">How many may wait.</param>
    /// <param name="make">Makes an item; its exception reaches the consumer.</param>
    /// <param name="cancellation">Stops both sides.</param>
    public static IEnumerable<T> Run<T>(int count, int ahead, Func<int, CancellationToken, T> make, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var ready = new BlockingCollection<T>(ahead);
        ExceptionDispatchInfo? failure = null;
        var producer = new Thread(() =>
        {
            try
            {
                for (var i = 0; i < count; i++)
                {
                    ready.Add(make(i, stop.Token), stop.Token);
                }
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            finally
            {
                ready.CompleteAdding();
            }
        })
        { IsBackground = true, Name = "prefetch" };
        producer.Start();
        try
        {
            foreach (var item in ready.GetConsumingEnumerable(cancellation))
            {
                yield return item;
            }

            failure?.Throw();
        }
        finally
        {
            // A consumer that leaves early must not leave a thread that reads on.
            stop.Cancel();
            producer.Join();
        }
    }
}
