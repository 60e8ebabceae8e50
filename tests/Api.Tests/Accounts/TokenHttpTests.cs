using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests.Accounts;

/// <summary>What a token's age and scopes let through, asked as scripts ask.</summary>
public sealed class TokenHttpTests(TestCluster cluster) : IAsyncLifetime
{
    private static readonly Uri Me = new("/api/v1/me", UriKind.Relative);
    private readonly MovableClock _clock = new();
    private StudioApplication _studio = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        _studio = await StudioApplication.StartAsync(cluster, configure: builder => builder.Services.AddSingleton<TimeProvider>(_clock));

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task A_token_works_until_the_moment_it_expires()
    {
        using var owner = await _studio.CreateClientAsync(StudioRole.Viewer);
        using var script = await ScriptAsync(owner, ["read"], _clock.GetUtcNow().AddHours(1));
        Assert.Equal(HttpStatusCode.OK, (await script.GetAsync(Me, Stop)).StatusCode);
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(HttpStatusCode.OK, (await script.GetAsync(Me, Stop)).StatusCode);
        _clock.Advance(TimeSpan.FromMinutes(1));
        using var refused = await script.GetAsync(Me, Stop);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (refused.StatusCode, refused.Headers.WwwAuthenticate.ToString()));
        Assert.Equal("/problems/unauthenticated", (await refused.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync(Me, Stop)).StatusCode);
    }

    [Fact]
    public async Task A_revoked_token_is_nobodys_at_once_and_its_owners_others_stay()
    {
        using var owner = await _studio.CreateClientAsync(StudioRole.Viewer);
        using var script = await ScriptAsync(owner, ["read"], null);
        var mine = await owner.GetFromJsonAsync<List<TokenView>>("/api/v1/tokens", StudioJson.Options, Stop);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync(new Uri($"/api/v1/tokens/{mine!.Single(token => token.Name == "script").Id}", UriKind.Relative), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await script.GetAsync(Me, Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await owner.GetAsync(Me, Stop)).StatusCode);
    }

    [Theory]
    [InlineData("read", StudioRole.Viewer)]
    [InlineData("write", StudioRole.Researcher)]
    [InlineData("admin", StudioRole.Admin)]
    public async Task An_admins_token_does_what_its_widest_scope_lets_through_and_no_more(string scope, StudioRole acts)
    {
        using var owner = await _studio.CreateClientAsync(StudioRole.Admin);
        using var script = await ScriptAsync(owner, [scope], null);
        Assert.Equal(acts, (await script.GetFromJsonAsync<Me>(Me, StudioJson.Options, Stop))!.Role);
        Assert.Equal(acts >= StudioRole.Researcher ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await script.GetAsync(new Uri("/api/v1/webhooks", UriKind.Relative), Stop)).StatusCode);
        Assert.Equal(acts >= StudioRole.Admin ? HttpStatusCode.OK : HttpStatusCode.Forbidden, (await script.GetAsync(new Uri("/api/v1/users", UriKind.Relative), Stop)).StatusCode);

        // A token makes no token that does more than itself.
        using var more = await script.PostAsJsonAsync("/api/v1/tokens", new { name = "more", scopes = new[] { "admin" } }, Stop);
        Assert.Equal(acts == StudioRole.Admin ? HttpStatusCode.Created : HttpStatusCode.BadRequest, more.StatusCode);
    }

    [Fact]
    public async Task A_token_in_the_address_counts_for_hubs_only()
    {
        var secret = await _studio.People.SecretAsync(StudioRole.Viewer);
        using var nobody = await _studio.CreateClientAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await nobody.GetAsync(new Uri($"/api/v1/me?access_token={secret}", UriKind.Relative), Stop)).StatusCode);
        using var hub = await nobody.PostAsync(new Uri($"/hubs/experiments/negotiate?negotiateVersion=1&access_token={secret}", UriKind.Relative), null, Stop);
        Assert.Equal(HttpStatusCode.OK, hub.StatusCode);
    }

    [Fact]
    public async Task Whoever_asks_too_often_is_told_when_to_come_back_and_others_are_not_kept_waiting()
    {
        using var greedy = await _studio.CreateClientAsync();
        using var patient = await _studio.CreateClientAsync(StudioRole.Viewer);
        HttpResponseMessage? refused = null;
        for (var round = 0; round < 60 && refused is null; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => greedy.GetAsync(Me, Stop)));
            refused = answers.FirstOrDefault(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
            Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized, $"{answer.StatusCode}"));
        }

        Assert.NotNull(refused);
        Assert.InRange(int.Parse(Assert.Single(refused.Headers.GetValues("Retry-After")), CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal("/problems/too-many-requests", (await refused.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
        Assert.Equal(HttpStatusCode.OK, (await patient.GetAsync(Me, Stop)).StatusCode);
    }

    private async Task<HttpClient> ScriptAsync(HttpClient owner, string[] scopes, DateTimeOffset? expiresAt)
    {
        using var made = await owner.PostAsJsonAsync("/api/v1/tokens", new { name = "script", scopes, expiresAt }, Stop);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var script = await _studio.CreateClientAsync();
        script.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await made.Content.ReadFromJsonAsync<CreatedToken>(StudioJson.Options, Stop))!.Secret);
        return script;
    }
}
