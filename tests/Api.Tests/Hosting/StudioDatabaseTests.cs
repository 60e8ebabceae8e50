using StableRep.Api.Hosting;
using StableRep.Testing;

namespace StableRep.Api.Tests.Hosting;

public sealed class StudioDatabaseTests(TestCluster cluster)
{
    [Fact]
    public async Task Six_nodes_that_start_at_once_on_an_empty_database_all_open_it()
    {
        var connectionString = await cluster.NewEmptyDatabaseAsync();
        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ =>
            StudioDatabase.OpenAsync(connectionString, new StudioOptions(), TestContext.Current.CancellationToken)));
        await using var check = nodes[0].Source.CreateCommand(
            "SELECT (SELECT count(*) FROM app.experiments) + (SELECT count(*) FROM hangfire.job)");
        Assert.Equal(0L, await check.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }
}
