using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Generators;
using StableRep.Api.Tests.Client;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Engine.Tests;
using StableRep.Engine.Tests.Checkpoints.Hub;
using StableRep.Testing;

namespace StableRep.Api.Tests.Accounts;

/// <summary>Who did what: every kind of change that a script can make is made once, and found in the log.</summary>
public sealed class AuditTests(TestCluster cluster) : IAsyncLifetime
{
    // These write their entries where they act, so that pages write the same.
    private static readonly string[] ByServices = ["/api/v1/users", "/api/v1/tokens", "/api/v1/storage:reclaim"];

    // These keep nothing, or what they keep says itself who did it and when.
    private static readonly string[] Traceless = [":plan", ":preview", "/api/v1/previews", "/review/marks", "/review/undo", "/ping"];

    private readonly FakeHub _hub = FakeHub.WithTinyGenerator();
    private readonly TaskCompletionSource _patience = new();
    private readonly List<(string Action, string Target)> _done = [];
    private StudioUnderTest _studio = null!;
    private LiveNode _node = null!;
    private HttpClient _admin = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_studio, AccountMode.Team, ("Hub:BaseAddress", _hub.Address.AbsoluteUri));
        _admin = await _node.ClientAsync(StudioRole.Admin);
    }

    public async ValueTask DisposeAsync()
    {
        _patience.SetResult();
        _admin.Dispose();
        await _node.DisposeAsync();
        await _studio.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Every_change_is_written_down_with_who_made_it_and_to_what()
    {
        await ChangeCaptionSetsAsync();
        await ChangeExperimentsAsync();
        await ChangeSweepsAsync();
        await ChangeGeneratorsAsync();
        await ChangeProbeDatasetsAsync();
        await ChangeWebhooksAsync();
        await ChangeReviewsAsync();
        await ChangePeopleAsync();

        var me = await _node.People.UserIdAsync(StudioRole.Admin);
        await using var store = await _node.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        var entries = await store.AuditEntries.AsNoTracking().Where(entry => entry.UserId == me).OrderBy(entry => entry.Id).ToListAsync(Stop);
        Assert.All(entries, entry => Assert.Equal("admin-person", entry.UserName));
        Assert.Equal(_done, entries.Where(entry => !(entry.Action == "token.create" && entry.Details!.Contains("\"test\"", StringComparison.Ordinal))).Select(entry => (entry.Action, entry.Target)));

        // A new kind of change has to be made above.
        Assert.Empty(Endpoints().Select(endpoint => endpoint.Metadata.GetMetadata<AuditedMetadata>()?.Action).OfType<string>().Distinct().Except(_done.Select(item => item.Action)));
    }

    [Fact]
    public void Every_endpoint_that_changes_something_writes_it_down()
    {
        var silent = Endpoints().Where(endpoint => endpoint.Metadata.GetMetadata<AuditedMetadata>() is null).Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))
            .Where(route => !ByServices.Any(start => route.StartsWith(start, StringComparison.Ordinal)) && !Traceless.Any(part => route.Contains(part, StringComparison.Ordinal)));
        Assert.Empty(silent);
    }

    [Fact]
    public async Task A_change_that_is_refused_is_not_written_down()
    {
        using var viewer = await _node.ClientAsync(StudioRole.Viewer);
        Assert.Equal(403, (int)(await viewer.PostAsJsonAsync("/api/v1/webhooks", new { url = "https://example.org/", events = new[] { "*" } }, Stop)).StatusCode);
        Assert.Equal(400, (int)(await _admin.PostAsJsonAsync("/api/v1/webhooks", new { url = "nowhere", events = new[] { "*" } }, Stop)).StatusCode);
        var log = await _admin.GetStringAsync(new Uri("/api/v1/audit", UriKind.Relative), Stop);
        Assert.DoesNotContain("webhook", log, StringComparison.Ordinal);
    }

    private IEnumerable<RouteEndpoint> Endpoints() => _node.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(source => source.Endpoints)
        .OfType<RouteEndpoint>().Where(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("api/v1", StringComparison.Ordinal)
            && endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is [not "GET", ..]);

    private async Task ChangeCaptionSetsAsync()
    {
        using var form = new MultipartFormDataContent { { new StringContent("a red cube\na blue ball\n"), "file", "two.txt" } };
        var set = await DoAsync("caption_set.create", "caption set {0}", HttpMethod.Post, "/caption-sets", form);
        await DoAsync("caption_set.rename", $"caption set {set}", HttpMethod.Patch, $"/caption-sets/{set}", Json(new { name = "renamed" }));
        await DoAsync("caption_set.delete", $"caption set {set}", HttpMethod.Delete, $"/caption-sets/{set}");
    }

    private async Task ChangeExperimentsAsync()
    {
        var id = await DoAsync("experiment.create", "experiment {0}", HttpMethod.Post, "/experiments", Json(EndToEndTests.Wanted(_studio.CaptionSetId, _studio.GeneratorId)));
        var target = $"experiment {id}";
        await DoAsync("experiment.edit", target, HttpMethod.Patch, $"/experiments/{id}", Json(new { notes = "looked at" }), anyVersion: true);
        await DoAsync("experiment.probe", target, HttpMethod.Post, $"/experiments/{id}/probes", Json(new { kind = "linear", dataset = "few-objects" }));
        foreach (var act in (string[])["launch", "pause", "resume", "cancel", "retry", "cancel"])
        {
            await DoAsync("experiment." + act, target, HttpMethod.Post, $"/experiments/{id}/{act}");
        }

        await DoAsync("experiment.clone", target, HttpMethod.Post, $"/experiments/{id}/clone");
        await DoAsync("experiment.delete", target, HttpMethod.Delete, $"/experiments/{id}");
    }

    private async Task ChangeSweepsAsync()
    {
        var sweep = JsonSerializer.SerializeToNode(EndToEndTests.Wanted(_studio.CaptionSetId, _studio.GeneratorId), JsonSerializerOptions.Web)!.AsObject();
        var wanted = new JsonObject { ["name"] = "grid", ["axes"] = new JsonObject { ["guidanceScale"] = "2, 3" } };
        foreach (var part in (string[])["images", "recipe", "probes"])
        {
            wanted[part] = sweep[part]!.DeepClone();
        }

        var id = await DoAsync("sweep.launch", "sweep {0}", HttpMethod.Post, "/sweeps", Json(wanted));
        await DoAsync("sweep.cancel", $"sweep {id}", HttpMethod.Post, $"/sweeps/{id}:cancel");
        await DoAsync("sweep.retry", $"sweep {id}", HttpMethod.Post, $"/sweeps/{id}:retry");
        await DoAsync("sweep.cancel", $"sweep {id}", HttpMethod.Post, $"/sweeps/{id}:cancel");
        await DoAsync("sweep.delete", $"sweep {id}", HttpMethod.Delete, $"/sweeps/{id}");
    }

    private async Task ChangeGeneratorsAsync()
    {
        // The hub keeps the pull waiting, so that it is there to be stopped.
        _hub.Tricks[$"/api/models/{_hub.Repository}"] = async _ =>
        {
            await _patience.Task;
            return true;
        };
        var pull = await DoAsync("generator.pull", "pull {0}", HttpMethod.Post, "/generators/pulls", Json(new { repository = _hub.Repository, name = "pulled" }));
        await DoAsync("generator.pull.stop", $"pull {pull}", HttpMethod.Delete, $"/generators/pulls/{pull}");
        var folder = Directory.CreateDirectory(Path.Combine(_studio.Folder, "generators", "another")).FullName;
        foreach (var file in Directory.EnumerateFiles(ParityCases.Path("models/tiny-sd2"), "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(folder, Path.GetRelativePath(ParityCases.Path("models/tiny-sd2"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        var generator = (await _node.Services.GetRequiredService<GeneratorService>().RefreshAsync(Stop)).Single(row => row.Name == "another").Id;
        await DoAsync("generator.delete", $"generator {generator}", HttpMethod.Delete, $"/generators/{generator}");
    }

    private async Task ChangeProbeDatasetsAsync()
    {
        using var zip = Probes.ProbeDatasetServiceTests.Zip();
        using var form = new MultipartFormDataContent { { new StringContent("colours"), "name" }, { new StreamContent(zip), "file", "colours.zip" } };
        await DoAsync("probe_dataset.create", "probe dataset colours", HttpMethod.Post, "/probe-datasets", form);
        await DoAsync("probe_dataset.delete", "probe dataset colours", HttpMethod.Delete, "/probe-datasets/colours");
    }

    private async Task ChangeWebhooksAsync()
    {
        var id = await DoAsync("webhook.create", "webhook {0}", HttpMethod.Post, "/webhooks", Json(new { url = "https://example.org/hook", events = new[] { "*" } }));
        await DoAsync("webhook.change", $"webhook {id}", HttpMethod.Patch, $"/webhooks/{id}", Json(new { active = false }));
        await DoAsync("webhook.delete", $"webhook {id}", HttpMethod.Delete, $"/webhooks/{id}");
    }

    private async Task ChangeReviewsAsync()
    {
        var set = (await _studio.Experiments.CreateAsync(_studio.Wanted("review"), cancellationToken: Stop)).ImageSetId;
        var images = await Review.ReviewUnderTest.AddImagesAsync(_studio, set);
        var (target, path) = ($"image set {set}", $"/image-sets/{set}/review");
        var me = await _node.People.UserIdAsync(StudioRole.Admin);
        await DoAsync("review.settings", target, HttpMethod.Put, path + "/settings", Json(new { blind = true }));
        await DoAsync("review.settings", target, HttpMethod.Put, path + "/settings", Json(new { blind = false }));
        await DoAsync("review.assign", target, HttpMethod.Post, path + "/assignments", Json(new { ranges = new[] { new { first = 0, count = 3 } }, reviewerIds = new[] { me } }));
        var assigned = JsonNode.Parse(await _admin.GetStringAsync(new Uri($"/api/v1{path}/assignments", UriKind.Relative), Stop))!.AsArray().Single()!["id"];
        await DoAsync("review.unassign", target, HttpMethod.Delete, $"{path}/assignments/{assigned}");
        foreach (var (role, verdict) in ((StudioRole, string)[])[(StudioRole.Admin, "reject"), (StudioRole.Researcher, "approve")])
        {
            using var reviewer = await _node.ClientAsync(role);
            using var marked = await reviewer.PostAsJsonAsync($"/api/v1{path}/marks", new { imageIds = new[] { images[(0, 0)] }, verdict }, Stop);
            marked.EnsureSuccessStatusCode();
        }

        await DoAsync("review.resolve", target, HttpMethod.Post, path + "/resolutions", Json(new { imageIds = new[] { images[(0, 0)] }, verdict = "reject" }));
        await DoAsync("review.regenerate", target, HttpMethod.Post, path + "/regenerations", Json(new { imageIds = new[] { images[(0, 0)] } }));
    }

    private async Task ChangePeopleAsync()
    {
        var id = await DoAsync("user.invite", "user {0}", HttpMethod.Post, "/users", Json(new { userName = "ada", role = "viewer" }));
        await DoAsync("user.invite_again", $"user {id}", HttpMethod.Post, $"/users/{id}/invitation");
        await DoAsync("user.change", $"user {id}", HttpMethod.Patch, $"/users/{id}", Json(new { disabled = true }));
        var token = await DoAsync("token.create", "token {0}", HttpMethod.Post, "/tokens", Json(new { name = "script" }));
        await DoAsync("token.revoke", $"token {token}", HttpMethod.Delete, $"/tokens/{token}");
        await DoAsync("storage.reclaim", "storage", HttpMethod.Post, "/storage:reclaim", Json(new { kinds = new[] { "old_previews" } }));
    }

    private static JsonContent Json<T>(T value) => JsonContent.Create(value, options: JsonSerializerOptions.Web);

    /// <summary>Makes a change and notes what the log must have of it.</summary>
    /// <returns>The id of what was made, from Location.</returns>
    private async Task<string> DoAsync(string action, string target, HttpMethod method, string path, HttpContent? content = null, bool anyVersion = false)
    {
        using var request = new HttpRequestMessage(method, "/api/v1" + path) { Content = content };
        if (anyVersion)
        {
            request.Headers.Add("If-Match", "*");
        }

        using var response = await _admin.SendAsync(request, Stop);
        Assert.True(response.IsSuccessStatusCode, $"{action}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Stop)}");
        var made = response.Headers.Location?.OriginalString.Split('/')[^1] ?? "";
        _done.Add((action, string.Format(System.Globalization.CultureInfo.InvariantCulture, target, made)));
        return made;
    }
}
