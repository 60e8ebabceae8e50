using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests.Http;

/// <summary>What all requests go through.</summary>
public sealed class HttpTests(SharedStudio shared, TestCluster cluster) : IClassFixture<SharedStudio>
{
    private static readonly Uri Tokens = new("/api/v1/tokens", UriKind.Relative);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_with_an_idempotency_key_is_done_once_whoever_repeats_it()
    {
        using var first = await PostAsync(shared.Admin, "once", new { name = "first" });
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        using var again = await PostAsync(shared.Admin, "once", new { name = "first" });
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal("/problems/secret-shown", (await again.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
        var secret = (await first.Content.ReadFromJsonAsync<CreatedToken>(StudioJson.Options, Stop))!.Secret;
        await using var command = shared.Studio.Database.Source.CreateCommand("SELECT string_agg(encode(body, 'escape'), '') FROM app.stored_replies");
        Assert.DoesNotContain(secret, (string)(await command.ExecuteScalarAsync(Stop))!, StringComparison.Ordinal);

        using var different = await PostAsync(shared.Admin, "once", new { name = "second" });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, different.StatusCode);
        using var other = await shared.Studio.CreateClientAsync(StudioRole.Viewer);
        using var others = await PostAsync(other, "once", new { name = "second" });
        Assert.Equal(HttpStatusCode.Created, others.StatusCode);
        Assert.Single(await TokensAsync(), token => token.Name == "first");
    }

    [Fact]
    public async Task Many_at_once_with_one_key_make_one_thing()
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => PostAsync(shared.Admin, "race", new { name = "raced" })));
        Assert.All(responses, response => Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict, $"{response.StatusCode}"));
        Assert.Contains(responses, response => response.StatusCode == HttpStatusCode.Created);
        Assert.Single(await TokensAsync(), token => token.Name == "raced");
        Array.ForEach(responses, response => response.Dispose());
    }

    [Fact]
    public async Task A_refused_request_gives_its_problem_again()
    {
        using var first = await PostAsync(shared.Admin, "bad", new { name = "" });
        using var again = await PostAsync(shared.Admin, "bad", new { name = "" });
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (first.StatusCode, again.StatusCode));
        Assert.True(again.Headers.Contains("Idempotent-Replay"));
        Assert.Equal(await first.Content.ReadAsStringAsync(Stop), await again.Content.ReadAsStringAsync(Stop));
        Assert.Equal("application/problem+json", again.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("POST", "/api/v1/tokens", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("DELETE", "/api/v1/tokens/00000000-0000-0000-0000-000000000000", "null", HttpStatusCode.Forbidden)]
    [InlineData("GET", "/api/v1/tokens", "https://evil.example", HttpStatusCode.OK)]
    [InlineData("DELETE", "/api/v1/tokens/00000000-0000-0000-0000-000000000000", null, HttpStatusCode.NotFound)]
    public async Task Other_sites_cannot_change_anything(string method, string path, string? origin, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var response = await shared.Admin.SendAsync(request, Stop);
        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/tokens")]
    [InlineData("/api/v1/nothing")]
    [InlineData("/healthz")]
    public async Task Every_answer_forbids_frames_sniffing_and_other_sites(string path)
    {
        using var nobody = await shared.Studio.CreateClientAsync();
        using var response = await nobody.GetAsync(new Uri(path, UriKind.Relative), Stop);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Contains("frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Names_that_point_at_this_machine_do_not_reach_the_local_persons_data()
    {
        await using var single = await StudioApplication.StartAsync(cluster, AccountMode.Single);
        using var local = await single.CreateClientAsync();
        Assert.Equal(StudioUser.LocalId, (await local.GetFromJsonAsync<Me>("/api/v1/me", StudioJson.Options, Stop))!.Id);
        using var rebound = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me") { Headers = { Host = "evil.example" } };
        using var refused = await local.SendAsync(rebound, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_read()
    {
        using var response = await shared.Admin.PostAsJsonAsync(Tokens, new { name = new string('x', 5_000_000) }, Stop);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("/problems/too-large", (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
    }

    [Fact]
    public async Task The_description_is_openapi_3_1_and_each_operation_has_tags_and_problems()
    {
        using var document = JsonDocument.Parse(await shared.Admin.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Stop));
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(document.RootElement.GetProperty("components").GetProperty("securitySchemes").TryGetProperty("token", out _));
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value))).ToList();
        Assert.NotEmpty(operations);
        Assert.All(operations, operation =>
        {
            Assert.True(operation.Value.TryGetProperty("tags", out _), operation.Name + " has no tag");
            Assert.True(operation.Value.GetProperty("responses").TryGetProperty("default", out _), operation.Name + " has no problem");
        });
    }

    [Fact]
    public async Task The_reference_loads_nothing_from_other_sites()
    {
        using var response = await shared.Admin.GetAsync(new Uri("/reference", UriKind.Relative), Stop);
        var page = response.StatusCode == HttpStatusCode.OK ? await response.Content.ReadAsStringAsync(Stop) : await shared.Admin.GetStringAsync(new Uri("/reference/", UriKind.Relative), Stop);
        Assert.DoesNotContain("<script src=\"http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("cdn.", page, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string key, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Tokens) { Content = JsonContent.Create(body), Headers = { { "Idempotency-Key", key } } };
        return client.SendAsync(request, Stop);
    }

    private async Task<List<TokenView>> TokensAsync() => (await shared.Admin.GetFromJsonAsync<List<TokenView>>("/api/v1/tokens?all=true", StudioJson.Options, Stop))!;
}
