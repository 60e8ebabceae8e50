using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Testing;

namespace StableRep.Api.Tests.Experiments;

public sealed class ExperimentEditorTests(TestCluster cluster) : IAsyncLifetime
{
    private StudioUnderTest _studio = null!;
    private LiveNode _node = null!;
    private HttpClient _client = null!;
    private Guid _experiment;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ExperimentEditor Editor => _studio.Services.GetRequiredService<ExperimentEditor>();

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_studio);
        _client = _node.Client();
        _experiment = (await _studio.Experiments.CreateAsync(_studio.Wanted("first") with { Tags = [" a ", "a", "b"] }, cancellationToken: Stop)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _node.DisposeAsync();
        await _studio.DisposeAsync();
    }

    /// <summary>Edits that nobody may make, with the field at fault.</summary>
    public static TheoryData<string, ExperimentEdit> Refused { get; } = new()
    {
        { "name", new ExperimentEdit { Name = "  " } },
        { "name", new ExperimentEdit { Name = new string('x', 201) } },
        { "name", new ExperimentEdit { Name = "x\0y" } },
        { "notes", new ExperimentEdit { Notes = new string('x', 20_001) } },
        { "notes", new ExperimentEdit { Notes = "\0" } },
        { "tags", new ExperimentEdit { Tags = [" "] } },
        { "tags", new ExperimentEdit { Tags = ["a,b"] } },
        { "tags", new ExperimentEdit { Tags = [new string('x', 61)] } },
        { "tags", new ExperimentEdit { Tags = ["x\0"] } },
        { "tags", new ExperimentEdit { Tags = [.. Enumerable.Range(0, 31).Select(number => $"t{number}")] } },
        { "priority", new ExperimentEdit { Priority = 11 } },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public async Task Pages_and_scripts_are_refused_the_same_edits_with_the_same_words(string field, ExperimentEdit edit)
    {
        var ofPages = await Assert.ThrowsAsync<InputException>(() => Editor.EditAsync(_experiment, edit, null, Stop));
        var (wrong, words) = Assert.Single(ofPages.Errors);
        Assert.Equal(field, wrong);
        using var response = await PatchAsync(edit, "*");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var ofScripts = (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Errors!;
        Assert.Equal([words], Assert.Single(ofScripts, error => error.Key == field).Value);
        var kept = await _studio.Experiments.GetAsync(_experiment, Stop);
        Assert.Equal(("first", "", 0), (kept.Name, kept.Notes, kept.Priority));
        Assert.Equal(["a", "b"], kept.Tags);
    }

    [Fact]
    public async Task Names_and_tags_are_kept_without_space_around_them_and_each_tag_once()
    {
        using var response = await PatchAsync(new ExperimentEdit { Name = " second ", Tags = ["b ", " c", "b"] }, "*");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var edited = await _studio.Experiments.GetAsync(_experiment, Stop);
        Assert.Equal("second", edited.Name);
        Assert.Equal(["b", "c"], edited.Tags);
        Assert.Equal(["b", "c", "d"], (await Editor.AddTagAsync(_experiment, " d ", Stop)).Tags);
        Assert.Equal(["b", "c", "d"], (await Editor.AddTagAsync(_experiment, "d", Stop)).Tags);
        await Assert.ThrowsAsync<InputException>(() => Editor.AddTagAsync(_experiment, "e,f", Stop));
        await Assert.ThrowsAsync<MissingException>(() => Editor.AddTagAsync(Guid.NewGuid(), "d", Stop));
    }

    [Fact]
    public async Task Tags_that_are_added_at_once_are_all_kept_up_to_the_most()
    {
        await Task.WhenAll(Enumerable.Range(0, 28).Select(number => Editor.AddTagAsync(_experiment, $"t{number}", Stop)));
        Assert.Equal(30, (await _studio.Experiments.GetAsync(_experiment, Stop)).Tags.Length);
        Assert.Equal("tags", Assert.Single((await Assert.ThrowsAsync<InputException>(() => Editor.AddTagAsync(_experiment, "one more", Stop))).Errors).Key);
    }

    [Fact]
    public async Task A_page_does_not_undo_what_a_script_has_changed_since()
    {
        var seen = ExperimentEditor.VersionOf(await _studio.Experiments.GetAsync(_experiment, Stop));
        using var response = await PatchAsync(new ExperimentEdit { Notes = "of the script" }, $"\"{seen}\"");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAsync<StaleException>(() => Editor.EditAsync(_experiment, new ExperimentEdit { Notes = "of the page" }, seen, Stop));
        Assert.Equal("of the script", (await _studio.Experiments.GetAsync(_experiment, Stop)).Notes);
    }

    [Fact]
    public async Task A_copy_is_named_by_the_same_rules()
    {
        await Assert.ThrowsAsync<InputException>(() => _studio.Experiments.CloneAsync(_experiment, new string('x', 201), cancellationToken: Stop));
        Assert.Equal("copied", (await _studio.Experiments.CloneAsync(_experiment, " copied ", cancellationToken: Stop)).Name);
        Assert.Equal("first (copy)", (await _studio.Experiments.CloneAsync(_experiment, cancellationToken: Stop)).Name);
    }

    private async Task<HttpResponseMessage> PatchAsync(ExperimentEdit edit, string version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"/api/v1/experiments/{_experiment}") { Content = JsonContent.Create(edit, options: StudioJson.Options) };
        request.Headers.TryAddWithoutValidation("If-Match", version);
        return await _client.SendAsync(request, Stop);
    }
}
