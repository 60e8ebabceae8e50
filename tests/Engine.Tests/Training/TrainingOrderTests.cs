using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Training;

public sealed class TrainingOrderTests
{
    [Theory]
    [InlineData(7, 3)]
    [InlineData(8, 4)]
    [InlineData(5, 5)]
    public void A_step_trains_on_the_sets_of_the_loaders_batch(int sets, int setsPerBatch)
    {
        var settings = new LoaderSettings { SetsPerBatch = setsPerBatch, ImagesPerSet = 1, Resolution = 8, Seed = -4, Threads = 2 };
        var order = new TrainingOrder(sets, setsPerBatch, settings.Seed);
        var loader = new BatchLoader(new TestSource([.. Enumerable.Repeat(1, sets)]), settings);
        Assert.Equal(loader.BatchesPerEpoch, order.BatchesPerEpoch);
        var step = 0L;
        foreach (var batch in loader.Read(cancellationToken: TestContext.Current.CancellationToken).Take(3 * loader.BatchesPerEpoch))
        {
            using (batch)
            {
                Assert.Equal(batch.Samples.ToArray().Select(sample => sample.SetIndex), order.Sets(++step).ToArray());
            }
        }
    }

    [Fact]
    public void Too_few_sets_for_a_batch_make_no_batch() => Assert.Equal(0, new TrainingOrder(3, 4, 0).BatchesPerEpoch);
}
