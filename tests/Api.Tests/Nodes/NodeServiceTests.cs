using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StableRep.Api.Nodes;
using StableRep.Testing;

namespace StableRep.Api.Tests.Nodes;

public sealed class NodeServiceTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nodes_are_listed_silent_ones_as_gone_and_a_day_later_not_at_all()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var heartbeat = studio.Services.GetServices<IHostedService>().OfType<NodeHeartbeat>().Single();
        var nodes = studio.Services.GetRequiredService<NodeService>();
        await heartbeat.BeatAsync(Stop);
        var node = Assert.Single(await nodes.ListAsync(Stop));
        Assert.Equal((false, "worker", "cpu"), (node.Gone, Assert.Single(node.Roles), node.Facts.Device));
        Assert.True(node.Facts.MemoryBytes > 1_000_000);

        await AgeAsync("1 minute");
        Assert.True(Assert.Single(await nodes.ListAsync(Stop)).Gone);
        await heartbeat.BeatAsync(Stop);
        Assert.False(Assert.Single(await nodes.ListAsync(Stop)).Gone);

        await using (var other = studio.Database.Source.CreateCommand("UPDATE app.nodes SET id = gen_random_uuid()"))
        {
            await other.ExecuteNonQueryAsync(Stop);
        }

        await AgeAsync("25 hours");
        await heartbeat.BeatAsync(Stop);
        Assert.Single(await nodes.ListAsync(Stop));
        await heartbeat.StopAsync(Stop);
        Assert.Empty(await nodes.ListAsync(Stop));

        async Task AgeAsync(string age)
        {
            await using var command = studio.Database.Source.CreateCommand($"UPDATE app.nodes SET heartbeat_at = now() - interval '{age}'");
            await command.ExecuteNonQueryAsync(Stop);
        }
    }
}
