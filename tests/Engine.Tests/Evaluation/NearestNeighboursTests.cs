using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class NearestNeighboursTests
{
    [Fact]
    public void A_near_vote_outweighs_two_far_ones_at_a_low_temperature_and_loses_at_a_high_one()
    {
        using var scope = NewDisposeScope();
        // Similarities to (1, 0): 1 (class 0), 0.6 and 0.6 (class 1).
        var train = tensor(new float[] { 2, 0, 3, 4, 0.3f, 0.4f }).reshape(3, 2);
        var labels = tensor(new long[] { 0, 1, 1 });
        var query = tensor(new float[] { 5, 0 }).reshape(1, 2);
        var sharp = NearestNeighbours.Votes(train, labels, query, 2, neighbours: 3, temperature: 0.1);
        Assert.Equal(1, sharp[0, 0].item<float>(), 1e-6f);
        Assert.Equal(2 * Math.Exp(-4), sharp[0, 1].item<float>(), 1e-6f);
        var flat = NearestNeighbours.Votes(train, labels, query, 2, neighbours: 3, temperature: 10);
        Assert.Equal(1, flat.argmax(1).item<long>());
        Assert.Equal(0, NearestNeighbours.Votes(train, labels, query, 2, neighbours: 1, temperature: 10).argmax(1).item<long>());
    }

    [Fact]
    public void More_neighbours_than_images_are_all_images()
    {
        using var train = Samples.Clouds(3, 4, 5, spread: 0.1, seed: 1);
        using var test = Samples.Clouds(3, 4, 5, spread: 0.1, seed: 2);
        Assert.Equal(1, NearestNeighbours.Run(train, test, ComputeDevice.Cpu, neighbours: 1000).Top1);
    }
}
