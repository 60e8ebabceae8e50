using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class ExponentialMovingAverageTests
{
    [Fact]
    public void Update_follows_the_parameters_and_Apply_lends_the_average()
    {
        using var scope = NewDisposeScope();
        var network = nn.Linear(2, 1, hasBias: false);
        using var parameters = new FlatParameters(network);
        using (no_grad())
        {
            network.weight!.fill_(1);
        }

        using var average = new ExponentialMovingAverage(parameters, 0.5);
        var expected = 1.0;
        for (var step = 1; step <= 5; step++)
        {
            using (no_grad())
            {
                network.weight!.fill_(step);
            }

            average.Update();
            var decay = Math.Min(0.5, (1.0 + step) / (10 + step));
            expected = (expected * decay) + (step * (1 - decay));
        }

        Assert.Equal(expected, average.Average()["weight"][0, 1].item<float>(), 1e-5);
        using (average.Apply())
        {
            Assert.Equal(expected, network.weight!.mean().item<float>(), 1e-5);
        }

        Assert.Equal(5, network.weight!.mean().item<float>());
    }
}
