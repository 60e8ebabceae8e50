using StableRep.Testing;

namespace StableRep.Api.Tests.Accounts;

public sealed class PolicyWalkTests(TestCluster cluster)
{
    [Fact]
    public async Task Every_endpoint_states_who_may_use_it_and_lets_in_exactly_those()
    {
        await using var studio = await StudioApplication.StartAsync(cluster);
        var (endpoints, faults) = await new PolicyWalk(studio).RunAsync(
            ["/healthz", "/readyz", "/reference/scalar.js", "/reference/scalar.aspnetcore.js", "/reference/favicon.svg"], TestContext.Current.CancellationToken);
        Assert.True(endpoints > 10, $"{endpoints} endpoints");
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }
}
