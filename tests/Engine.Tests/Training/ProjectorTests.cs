using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class ProjectorTests
{
    [Fact]
    public void A_view_is_normalised_by_itself()
    {
        using var scope = NewDisposeScope();
        var projector = new Projector(6, 10, 4, seed: 1);
        var (first, second) = (randn(5, 6, generator: new Generator(1)), randn(3, 6, generator: new Generator(2)) + 4);
        var together = projector.forward(cat([first, second]), [5, 3]);
        Assert.True(together[..5].allclose(projector.forward(first, [5]), atol: 1e-5));
        Assert.True(together[5..].allclose(projector.forward(second, [3]), atol: 1e-5));
    }

    [Theory]
    [InlineData(new long[] { 5, 1 }, new long[] { 6 })]
    [InlineData(new long[] { 1, 5 }, new long[] { 6 })]
    [InlineData(new long[] { 3, 2, 1 }, new long[] { 3, 3 })]
    public void A_view_of_one_row_joins_its_neighbour(long[] views, long[] equivalent)
    {
        using var scope = NewDisposeScope();
        var projector = new Projector(6, 10, 4, seed: 1);
        var features = randn(6, 6, generator: new Generator(1));
        Assert.True(projector.forward(features, views).allclose(projector.forward(features, equivalent), atol: 1e-6));
    }

    [Fact]
    public void Evaluation_uses_the_running_statistics()
    {
        using var scope = NewDisposeScope();
        var projector = new Projector(6, 10, 4, seed: 1);
        projector.eval();
        var features = randn(4, 6, generator: new Generator(1));
        Assert.True(projector.forward(features, [2, 2])[1].allclose(projector.forward(features[1..2], [1])[0], atol: 1e-6));
    }
}
