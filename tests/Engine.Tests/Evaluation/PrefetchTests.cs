using StableRep.Engine.Evaluation;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class PrefetchTests
{
    [Fact]
    public void Items_come_in_order_and_no_more_than_allowed_are_made_ahead()
    {
        var made = 0;
        var seen = new List<int>();
        foreach (var item in Prefetch.Run(20, 2, (i, _) => { Interlocked.Increment(ref made); return i; }, CancellationToken.None))
        {
            // Two may wait, one may be about to be added.
            Assert.InRange(Volatile.Read(ref made), item + 1, item + 4);
            seen.Add(item);
        }

        Assert.Equal(Enumerable.Range(0, 20), seen);
    }

    [Fact]
    public void An_error_reaches_the_consumer_after_the_items_before_it()
    {
        var seen = new List<int>();
        Assert.Throws<FormatException>(() =>
        {
            foreach (var item in Prefetch.Run(5, 1, (i, _) => i == 3 ? throw new FormatException() : i, CancellationToken.None))
            {
                seen.Add(item);
            }
        });
        Assert.Equal([0, 1, 2], seen);
    }

    [Fact]
    public void A_consumer_that_leaves_stops_the_producer()
    {
        var made = 0;
        Assert.Equal(0, Prefetch.Run(1_000_000, 1, (i, _) => { made++; return i; }, CancellationToken.None).First());
        Assert.InRange(made, 1, 4);
    }
}
