using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;
using StableRep.Api.CaptionSets;
using StableRep.Api.Http;
using StableRep.Data.Accounts;
using StableRep.Engine.Tests;
using StableRep.Testing;

namespace StableRep.Api.Tests.CaptionSets;

public sealed class ImportTests(TestCluster cluster) : IAsyncLifetime
{
    private const string Address = "/api/v1/caption-sets:import";

    private readonly TemporaryFolder _folder = new();
    private StudioApplication _studio = null!;
    private HttpClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Root => _folder.File("allowed");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Root, "deep"));
        await File.WriteAllTextAsync(Path.Combine(Root, "deep", "animals.csv"), "id,title\n1,a dog\n2,a cat\n", Stop);
        Directory.CreateDirectory(_folder.File("allowed-not"));
        await File.WriteAllTextAsync(_folder.File("allowed-not/secret.txt"), "a secret\n", Stop);
        File.CreateSymbolicLink(Path.Combine(Root, "link.txt"), _folder.File("allowed-not/secret.txt"));
        File.CreateSymbolicLink(Path.Combine(Root, "animals.csv"), Path.Combine(Root, "deep", "animals.csv"));
        _studio = await StudioApplication.StartAsync(cluster, configure: builder => builder.Configuration.AddInMemoryCollection([new("Studio:ImportRoots:0", Root)]));
        _client = await _studio.CreateClientAsync(StudioRole.Researcher);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_file_of_the_server_becomes_a_set()
    {
        using var response = await ImportAsync(Path.Combine(Root, "deep", "animals.csv"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var set = (await response.Content.ReadFromJsonAsync<CaptionSetView>(StudioJson.Options, Stop))!;
        Assert.Equal(("animals.csv", "animals.csv", "title", 2), (set.Name, set.SourceName, set.Column, set.Count));
        Assert.Equal(await _studio.UserIdAsync(StudioRole.Researcher), set.OwnerId);
        var captions = await _client.GetFromJsonAsync<Api.Http.Lists.Page<CaptionView>>($"{response.Headers.Location}/captions", StudioJson.Options, Stop);
        Assert.Equal(["a dog", "a cat"], captions!.Items.Select(caption => caption.Text));

        // The file is only read, and a link that stays inside leads to it.
        using var again = await ImportAsync(Path.Combine(Root, "animals.csv"));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(set, await again.Content.ReadFromJsonAsync<CaptionSetView>(StudioJson.Options, Stop));
        Assert.True(File.Exists(Path.Combine(Root, "deep", "animals.csv")));
    }

    [Theory]
    [InlineData("allowed-not/secret.txt")]
    [InlineData("allowed/../allowed-not/secret.txt")]
    [InlineData("allowed/link.txt")]
    [InlineData("allowed/deep")]
    [InlineData("allowed/missing.txt")]
    [InlineData("missing/missing.txt")]
    public async Task What_lies_outside_and_what_is_missing_are_refused_alike(string path)
    {
        using var response = await ImportAsync(_folder.File(path));
        await AssertRefusedAsync(response);
    }

    [Theory]
    [InlineData("deep/animals.csv")]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("/etc/passwd\0.txt")]
    public async Task A_path_that_is_not_whole_or_of_the_system_is_refused(string path)
    {
        using var response = await ImportAsync(path);
        await AssertRefusedAsync(response);
    }

    [Fact]
    public async Task Without_folders_that_are_allowed_nothing_is_taken_and_viewers_take_nothing_at_all()
    {
        await using var strict = await StudioApplication.StartAsync(cluster);
        using var researcher = await strict.CreateClientAsync(StudioRole.Researcher);
        using var refused = await researcher.PostAsJsonAsync(Address, new { path = Path.Combine(Root, "deep", "animals.csv") }, Stop);
        await AssertRefusedAsync(refused);
        using var viewer = await _studio.CreateClientAsync(StudioRole.Viewer);
        using var forbidden = await viewer.PostAsJsonAsync(Address, new { path = Path.Combine(Root, "deep", "animals.csv") }, Stop);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    private Task<HttpResponseMessage> ImportAsync(string path) => _client.PostAsJsonAsync(Address, new { path }, Stop);

    private static async Task AssertRefusedAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var problem = (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!;
        Assert.Equal("/problems/invalid-input", problem.Type);
        Assert.Equal(["The path must be that of a file under one of the server's Studio:ImportRoots."], problem.Errors!["path"]);
    }
}
