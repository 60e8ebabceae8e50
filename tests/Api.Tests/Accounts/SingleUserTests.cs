using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using StableRep.Api.Accounts;
using StableRep.Api.Configuration;
using StableRep.Api.Hosting;
using StableRep.Testing;

namespace StableRep.Api.Tests.Accounts;

/// <summary>A node on which nobody logs in answers its own machine only.</summary>
public sealed class SingleUserTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_does_not_start_on_an_address_that_others_reach()
    {
        var refusal = await Assert.ThrowsAsync<SettingsException>(() => StudioHost.RunAsync(["--urls", "http://0.0.0.0:0", "--Studio:Accounts", "single", "--Studio:Roles", "web"]));
        Assert.Contains("http://0.0.0.0:0", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Studio:Accounts", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_comes_in_by_another_address_is_nobodys_even_where_the_node_listens_there()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().Where(item => item.OperationalStatus == OperationalStatus.Up)
            .SelectMany(item => item.GetIPProperties().UnicastAddresses).Select(item => item.Address)
            .FirstOrDefault(item => item.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(item));
        Assert.SkipWhen(address is null, "This machine has no address but its own.");
        await using var studio = await StudioApplication.StartAsync(
            cluster, AccountMode.Single, builder => builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = "http://0.0.0.0:0" }));
        using var client = new HttpClient();
        async Task<HttpStatusCode> AskAsync(string host)
        {
            // The name is one that the node answers to: it is the address that counts.
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{host}:{studio.Address.Port}/api/v1/me") { Headers = { Host = "localhost" } };
            using var response = await client.SendAsync(request, Stop);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await AskAsync("127.0.0.1"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(address!.ToString()));
    }
}
