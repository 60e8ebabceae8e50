using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.SignalR;
using StableRep.Api.Accounts;
using StableRep.Api.Live;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests.Accounts;

/// <summary>Who may use the headless node. That of the pages is walked with the dashboard.</summary>
public sealed class PolicyWalkTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_endpoint_states_who_may_use_it_and_lets_in_exactly_those()
    {
        await using var studio = await StudioApplication.StartAsync(cluster);
        var (endpoints, faults) = await new PolicyWalk(studio).RunAsync(PolicyWalk.Open, Stop);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        foreach (var route in (string[])["/api/v1/experiments/{id:guid}/events", "/admin/hangfire/{**path}", "/hubs/experiments", "/hubs/experiments/negotiate"])
        {
            Assert.Contains(route, endpoints);
        }
    }

    [Fact]
    public async Task Every_method_of_a_hub_states_who_may_call_it_and_lets_in_exactly_those()
    {
        await using var studio = await StudioApplication.StartAsync(cluster);
        var unstated = new List<string>();
        var methods = PolicyStatements.HubMethods(typeof(ExperimentHub).Assembly.GetTypes(), unstated);
        Assert.Empty(unstated);
        Assert.Equal(["Subscribe", "SubscribeAll"], methods.Select(item => item.Method.Name).Order());
        Assert.Empty(await new HubWalk(studio).RunAsync(methods, Stop));
    }

    [Fact]
    public async Task A_hub_that_is_for_others_than_it_says_is_found()
    {
        await using var studio = await StudioApplication.StartAsync(cluster);
        var methods = PolicyStatements.HubMethods([typeof(ExperimentHub)], []).Select(item => (item.Hub, item.Method, StudioRole.Admin)).ToList();
        var faults = await new HubWalk(studio).RunAsync(methods, Stop);
        Assert.Equal(
            ["ExperimentHub.Subscribe: researcher is let in.", "ExperimentHub.Subscribe: viewer is let in.", "ExperimentHub.SubscribeAll: researcher is let in.", "ExperimentHub.SubscribeAll: viewer is let in."],
            faults.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_page_or_a_hubs_method_that_states_no_policy_is_found()
    {
        var faults = new List<string>();
        PolicyStatements.Pages([typeof(SilentPage), typeof(NamelessPage), typeof(TornPage), typeof(StatedPage), typeof(OpenPage)], faults);
        PolicyStatements.HubMethods([typeof(SilentHub)], faults);
        Assert.Equal(
            [
                "The page SilentPage states no policy.", "The page NamelessPage states no policy.", "The page TornPage is for everybody and for a role.",
                "The hub SilentHub states no policy.", "The hub's method SilentHub.Whisper states no policy.",
            ],
            faults);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(StudioRole.Viewer)]
    [InlineData(StudioRole.Researcher)]
    [InlineData(StudioRole.Admin)]
    public async Task The_server_sent_events_of_an_experiment_are_for_whoever_may_read(StudioRole? role)
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await using var node = await LiveNode.StartAsync(studio, AccountMode.Team);
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("told"), cancellationToken: Stop);
        using var client = await node.ClientAsync(role);
        using var response = await client.GetAsync(new Uri($"/api/v1/experiments/{experiment.Id}/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Stop);
        if (role is null)
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            return;
        }

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Stop));
        Assert.Equal("event: snapshot", await lines.ReadLineAsync(Stop));
    }

    [Route("/silent")]
    private sealed class SilentPage : ComponentBase;

    [Route("/nameless")]
    [Authorize]
    private sealed class NamelessPage : ComponentBase;

    [Route("/torn")]
    [Authorize(Policy = Policies.Admin)]
    [AllowAnonymous]
    private sealed class TornPage : ComponentBase;

    [Route("/stated")]
    [Authorize(Policy = Policies.Viewer)]
    private sealed class StatedPage : ComponentBase;

    [Route("/open")]
    [AllowAnonymous]
    private sealed class OpenPage : ComponentBase;

    private sealed class SilentHub : Hub
    {
        public override Task OnConnectedAsync() => Task.CompletedTask;

#pragma warning disable CA1822 // A hub's methods are an instance's.
        public string Whisper() => "psst";

        [Authorize(Policy = Policies.Admin)]
        public string Speak() => "hello";
#pragma warning restore CA1822
    }
}
