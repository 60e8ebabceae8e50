using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Data.Accounts;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Testing;

namespace StableRep.Api.Tests.Live;

public sealed class ExperimentStreamTests(TestCluster cluster) : IAsyncLifetime
{
    private StudioUnderTest _studio = null!;
    private LiveNode _node = null!;
    private Guid _experiment;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ExperimentLog Log => _studio.Services.GetRequiredService<ExperimentLog>();

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_studio);
        _experiment = (await _studio.Experiments.CreateAsync(_studio.Wanted("streamed"), cancellationToken: Stop)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _studio.DisposeAsync();
    }

    [Fact]
    public async Task The_hub_gives_a_snapshot_and_then_what_follows_it_or_what_follows_a_number()
    {
        await AppendAsync(3);
        await Log.AppendAsync(_experiment, null, [new("metrics", "{}")], [new MetricSample("train/loss", 7, 0.5, TimeProvider.System.GetUtcNow())], Stop);
        await using var hub = _node.Hub();
        await hub.StartAsync(Stop);
        var live = hub.StreamAsync<LiveMessage>("Subscribe", _experiment, (long?)null, Stop).GetAsyncEnumerator(Stop);
        var again = hub.StreamAsync<LiveMessage>("Subscribe", _experiment, (long?)2, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await live.MoveNextAsync());
        var snapshot = live.Current.Snapshot!;
        Assert.Equal((4L, ExperimentState.Draft, "streamed", 0L, 24L), (snapshot.Sequence, snapshot.State, snapshot.Name, snapshot.Images, snapshot.TotalImages));
        Assert.Equal(new LastPoint("train/loss", 7, 0.5), Assert.Single(snapshot.Metrics));
        Assert.Equal("few-objects", Assert.Single(snapshot.Probes).Dataset);

        await AppendAsync(2);
        Assert.Equal([5L, 6L], await EventsAsync(live, 2));
        Assert.True(await again.MoveNextAsync());
        Assert.Equal([3L, 4L, 5L, 6L], await EventsAsync(again, 4));
    }

    [Fact]
    public async Task The_hub_says_that_there_is_no_such_experiment()
    {
        await using var hub = _node.Hub();
        await hub.StartAsync(Stop);
        var refusal = await Assert.ThrowsAsync<HubException>(async () => await hub.StreamAsync<LiveMessage>("Subscribe", Guid.Empty, (long?)null, Stop).FirstAsync(Stop));
        Assert.Contains("There is no experiment", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_sent_events_go_on_after_the_last_event_id()
    {
        await AppendAsync(5);
        Assert.Equal([1L, 2L, 3L, 4L, 5L], await SentAsync("?from=0", null, 5));
        Assert.Equal([4L, 5L], await SentAsync("", "3", 2));
        using var client = _node.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/experiments/{_experiment}/events");
        request.Headers.Add("Last-Event-ID", "the third");
        Assert.Equal(HttpStatusCode.BadRequest, (await client.SendAsync(request, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/api/v1/experiments/{Guid.Empty}/events", Stop)).StatusCode);
    }

    [Fact]
    public async Task A_node_that_stops_ends_its_streams_instead_of_waiting_for_them()
    {
        using var client = _node.Client();
        await using var body = await client.GetStreamAsync($"/api/v1/experiments/{_experiment}/events", Stop);
        var items = SseParser.Create(body).EnumerateAsync(Stop).GetAsyncEnumerator(Stop);
        Assert.True(await items.MoveNextAsync());
        Assert.Equal("snapshot", items.Current.EventType);
        await _node.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Stop);
        Assert.False(await items.MoveNextAsync());
    }

    [Fact]
    public async Task Streams_end_soon_after_the_token_that_opened_them_is_revoked()
    {
        var clock = new MovableClock();
        await using var team = await StudioApplication.StartAsync(_studio.Database, _studio.Folder, configure: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        using var owner = await team.CreateClientAsync(StudioRole.Viewer);
        using var made = await owner.PostAsJsonAsync("/api/v1/tokens", new { name = "script", scopes = new[] { "read" } }, Stop);
        var token = (await made.Content.ReadFromJsonAsync<CreatedToken>(StudioJson.Options, Stop))!;
        using var script = await team.CreateClientAsync();
        script.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Secret);
        await using var body = await script.GetStreamAsync($"/api/v1/experiments/{_experiment}/events", Stop);
        var sent = SseParser.Create(body).EnumerateAsync(Stop).GetAsyncEnumerator(Stop);
        await using var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(team.Address, "/hubs/experiments"), options => options.AccessTokenProvider = () => Task.FromResult<string?>(token.Secret))
            .AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions)).Build();
        await hub.StartAsync(Stop);
        var streamed = hub.StreamAsync<LiveMessage>("Subscribe", _experiment, (long?)0, Stop).GetAsyncEnumerator(Stop);
        Assert.True(await sent.MoveNextAsync());
        Assert.True(await streamed.MoveNextAsync());

        clock.Advance(LoginSessions.Grace);
        await AppendAsync(1);
        Assert.True(await sent.MoveNextAsync());
        Assert.Equal([1L], await EventsAsync(streamed, 1));

        using var revoked = await owner.DeleteAsync(new Uri($"/api/v1/tokens/{token.Id}", UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        clock.Advance(LoginSessions.Grace);
        await AppendAsync(1);
        Assert.False(await sent.MoveNextAsync());
        Assert.False(await streamed.MoveNextAsync());

        // The connection is still there, and good for nothing.
        Assert.Empty(await hub.StreamAsync<LiveMessage>("Subscribe", _experiment, (long?)0, Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_node_is_ready_when_its_database_and_its_artifacts_are()
    {
        using var client = _node.Client();
        Assert.Equal("""{"database":"healthy","artifacts":"healthy"}""", await client.GetStringAsync("/readyz", Stop));
        await using var undo = _studio.Database.Source.CreateCommand("DELETE FROM app.__ef_migrations WHERE migration_id = (SELECT max(migration_id) FROM app.__ef_migrations)");
        await undo.ExecuteNonQueryAsync(Stop);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/readyz", Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/healthz", Stop)).StatusCode);
    }

    private static async Task<List<long>> EventsAsync(IAsyncEnumerator<LiveMessage> messages, int count)
    {
        var seen = new List<long>();
        while (seen.Count < count && await messages.MoveNextAsync())
        {
            seen.AddRange(messages.Current.Events.Select(entry => entry.Sequence));
        }

        return seen;
    }

    private async Task<List<long>> SentAsync(string query, string? last, int count)
    {
        using var client = _node.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/experiments/{_experiment}/events{query}");
        request.Headers.Add("Last-Event-ID", last);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        await using var body = await response.Content.ReadAsStreamAsync(Stop);
        var items = SseParser.Create(body).EnumerateAsync(Stop).Where(item => item.EventType == "log");
        return await items.Take(count).Select(item => long.Parse(item.EventId!, System.Globalization.CultureInfo.InvariantCulture)).ToListAsync(Stop);
    }

    private async Task AppendAsync(int count) =>
        await Log.AppendAsync(_experiment, null, [.. Enumerable.Range(0, count).Select(number => new NewEvent("log", $$"""{"number":{{number}}}"""))], [], Stop);
}
