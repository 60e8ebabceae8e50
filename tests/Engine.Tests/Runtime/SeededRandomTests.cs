using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests.Runtime;

public sealed class SeededRandomTests
{
    [Fact]
    public void The_stream_of_a_place_never_changes()
    {
        var random = new SeededRandom(42, 1, 2, 3);
        Assert.Equal(
            [12580456470732458968UL, 8885951684013392885UL, 17979384075176522884UL], [random.NextUInt64(), random.NextUInt64(), random.NextUInt64()]);
    }

    [Fact]
    public void Neighbouring_places_share_nothing()
    {
        var first = new HashSet<ulong>();
        for (var epoch = 0; epoch < 30; epoch++)
        {
            for (var sample = 0; sample < 30; sample++)
            {
                first.Add(new SeededRandom(1, epoch, sample).NextUInt64());
                first.Add(new SeededRandom(1, epoch, sample, 0).NextUInt64());
            }
        }

        Assert.Equal(30 * 30 * 2, first.Count);
    }

    [Fact]
    public void Numbers_are_uniform()
    {
        var counts = new int[10];
        var sum = 0.0;
        for (var i = 0; i < 20_000; i++)
        {
            var random = new SeededRandom(9, i);
            counts[random.Next(10)]++;
            sum += random.NextDouble(-1, 1);
        }

        Assert.All(counts, count => Assert.InRange(count, 1850, 2150));
        Assert.InRange(sum / 20_000, -0.015, 0.015);
    }

    [Fact]
    public void A_shuffle_puts_every_item_everywhere()
    {
        var places = new int[4, 4];
        for (var i = 0; i < 4000; i++)
        {
            int[] items = [0, 1, 2, 3];
            var random = new SeededRandom(2, i);
            random.Shuffle<int>(items, 4);
            Assert.Equal([0, 1, 2, 3], items.Order());
            for (var place = 0; place < 4; place++)
            {
                places[items[place], place]++;
            }
        }

        Assert.All(places.Cast<int>(), count => Assert.InRange(count, 880, 1120));
    }
}
