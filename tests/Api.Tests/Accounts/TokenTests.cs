using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Accounts;

public sealed class TokenTests(SharedStudio shared) : IClassFixture<SharedStudio>
{
    private static readonly Uri Tokens = new("/api/v1/tokens", UriKind.Relative);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_acts_for_its_owner_within_its_scopes_until_it_is_revoked()
    {
        using var owner = await shared.Studio.CreateClientAsync(StudioRole.Researcher);
        var created = await CreateAsync(owner, new { name = "script", scopes = new[] { "read" } });
        Assert.StartsWith("srs_", created.Secret, StringComparison.Ordinal);
        Assert.StartsWith(created.Token.Prefix, created.Secret, StringComparison.Ordinal);

        using var script = await ClientAsync(created.Secret);
        var me = await script.GetFromJsonAsync<Me>("/api/v1/me", StudioJson.Options, Stop);
        Assert.Equal((await shared.Studio.UserIdAsync(StudioRole.Researcher), StudioRole.Viewer), (me!.Id, me.Role));
        var listed = await owner.GetFromJsonAsync<List<TokenView>>(Tokens, StudioJson.Options, Stop);
        Assert.NotNull(Assert.Single(listed!, token => token.Id == created.Id).LastUsedAt);

        using var other = await shared.Studio.CreateClientAsync(StudioRole.Viewer);
        Assert.Equal(HttpStatusCode.NotFound, (await other.DeleteAsync(new Uri($"/api/v1/tokens/{created.Id}", UriKind.Relative), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync(new Uri($"/api/v1/tokens/{created.Id}", UriKind.Relative), Stop)).StatusCode);
        using var refused = await script.GetAsync(new Uri("/api/v1/me", UriKind.Relative), Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("/problems/unauthenticated", (await refused.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
    }

    [Fact]
    public async Task A_token_is_refused_scopes_above_its_owners_role_and_each_wrong_field_is_named()
    {
        using var viewer = await shared.Studio.CreateClientAsync(StudioRole.Viewer);
        using var response = await viewer.PostAsJsonAsync(Tokens, new { name = " ", scopes = new[] { "read", "write" }, expiresAt = "2001-01-01T00:00:00Z" }, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop);
        Assert.Equal(["expiresAt", "name", "scopes"], problem!.Errors!.Keys.Order());
    }

    [Fact]
    public async Task Only_a_hash_of_the_secret_is_stored_and_the_audit_log_never_has_it()
    {
        using var admin = await shared.Studio.CreateClientAsync(StudioRole.Admin);
        var created = await CreateAsync(admin, new { name = "secret", scopes = new[] { "admin" }, expiresAt = "2100-01-01T00:00:00Z" });
        await using var command = shared.Studio.Database.Source.CreateCommand("SELECT string_agg(row_to_json(t)::text, '') FROM app.api_tokens t");
        Assert.DoesNotContain(created.Secret[12..], (string)(await command.ExecuteScalarAsync(Stop))!, StringComparison.Ordinal);
        var audit = await admin.GetStringAsync(new Uri("/api/v1/audit?filter=action%3D%22token.create%22", UriKind.Relative), Stop);
        Assert.Contains(created.Id.ToString(), audit, StringComparison.Ordinal);
        Assert.DoesNotContain(created.Secret[12..], audit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("srs_unknown")]
    [InlineData("x")]
    [InlineData("")]
    public async Task An_unknown_token_is_nobodys(string secret)
    {
        using var client = await ClientAsync(secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync(Tokens, Stop)).StatusCode);
    }

    private static async Task<CreatedToken> CreateAsync(HttpClient client, object wanted)
    {
        using var response = await client.PostAsJsonAsync(Tokens, wanted, Stop);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<CreatedToken>(StudioJson.Options, Stop))!;
    }

    private async Task<HttpClient> ClientAsync(string secret)
    {
        var client = await shared.Studio.CreateClientAsync();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", new AuthenticationHeaderValue("Bearer", secret).ToString());
        return client;
    }
}
