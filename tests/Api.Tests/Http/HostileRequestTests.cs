using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Data.Artifacts;
using StableRep.Data.ImageSets;
using StableRep.Engine.Tests;
using StableRep.Engine.Training;
using StableRep.Testing;

namespace StableRep.Api.Tests.Http;

public sealed class HostileRequestTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_gets_its_problem_and_leaves_no_trace()
    {
        await using var studio = await StudioApplication.StartAsync(cluster);
        var requests = await PrepareAsync(studio);
        Assert.InRange(requests.Count, 60, int.MaxValue);
        using var nobody = await studio.CreateClientAsync();
        var clients = new Dictionary<StudioRole, HttpClient>();
        foreach (var role in Enum.GetValues<StudioRole>())
        {
            clients[role] = await studio.CreateClientAsync(role);
        }

        var before = await TraceAsync(studio);
        var wrong = new List<string>();
        foreach (var request in requests)
        {
            using var message = request.ToMessage();
            using var response = await (request.Role is { } role ? clients[role] : nobody).SendAsync(message, Stop);
            var body = await response.Content.ReadAsStringAsync(Stop);
            var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonDocument.Parse(body).RootElement.GetProperty("type").GetString()! : "";
            if ((int)response.StatusCode != request.Status || problem != (request.Problem.Length == 0 ? "" : "/problems/" + request.Problem))
            {
                wrong.Add($"{request.Name}: {(int)response.StatusCode} {problem} and not {request.Status} {request.Problem}: {body[..Math.Min(300, body.Length)]}");
            }
            else if (body.Contains(studio.Folder, StringComparison.Ordinal))
            {
                wrong.Add($"{request.Name}: tells where the server keeps its files: {body}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {requests.Count}:\n{string.Join('\n', wrong)}");
        Assert.Equal(before, await TraceAsync(studio));
        foreach (var client in clients.Values)
        {
            client.Dispose();
        }
    }

    [Fact]
    public async Task SQL_and_HTML_are_only_text_wherever_text_goes()
    {
        const string Text = """<script>alert("x")</script>'; DROP TABLE app.experiments; --""";
        await using var studio = await StudioApplication.StartAsync(cluster);
        await PrepareAsync(studio);
        using var client = await studio.CreateClientAsync(StudioRole.Researcher);
        var captions = new HostileRequest("", "POST", "/caption-sets", 201, "").WithFile("x<b>.csv", HostileFiles.Text($"caption\n\"{Text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"\nother\n"), ("name", Text));
        using var kept = await client.SendAsync(captions.ToMessage(), Stop);
        Assert.Equal(System.Net.HttpStatusCode.Created, kept.StatusCode);
        var set = await kept.Content.ReadFromJsonAsync<CaptionSetView>(StudioJson.Options, Stop);
        var page = await client.GetFromJsonAsync<Api.Http.Lists.Page<CaptionView>>(
            $"/api/v1/caption-sets/{set!.Id}/captions?filter={Uri.EscapeDataString("text ~ \"DROP TABLE\"")}", StudioJson.Options, Stop);
        Assert.Equal(Text, Assert.Single(page!.Items).Text);
        Assert.Equal(Text, set.Name);

        var generator = (await client.GetFromJsonAsync<JsonElement>("/api/v1/generators", Stop)).EnumerateArray().First().GetProperty("id").GetGuid();
        var wanted = Tests.Client.EndToEndTests.Wanted(set.Id, generator) with { Name = Text, Notes = Text, Tags = ["<i>'--"], Probes = [] };
        using var created = await client.PostAsJsonAsync("/api/v1/experiments", wanted with { Images = wanted.Images with { NegativePrompt = Text } }, Stop);
        Assert.Equal(System.Net.HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("application/json", created.Content.Headers.ContentType!.MediaType);
        var list = await client.GetFromJsonAsync<JsonElement>($"/api/v1/experiments?filter={Uri.EscapeDataString("tags:\"<i>'--\" AND name ~ \"<script>\"")}", Stop);
        Assert.Equal(Text, Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("name").GetString());
    }

    private static async Task<IReadOnlyList<HostileRequest>> PrepareAsync(StudioApplication studio)
    {
        foreach (var file in Directory.EnumerateFiles(ParityCases.Path("models/tiny-sd"), "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(studio.Folder, "generators", "tiny-sd", Path.GetRelativePath(ParityCases.Path("models/tiny-sd"), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        var path = Path.Combine(studio.Folder, "captions.txt");
        await File.WriteAllLinesAsync(path, Enumerable.Range(1, 12).Select(number => $"a picture of {number} things"), Stop);
        var (captions, _) = await studio.Services.GetRequiredService<CaptionSetService>()
            .KeepAsync(CaptionFile.Open(path, "captions.txt"), "twelve", "captions.txt", null, await studio.UserIdAsync(StudioRole.Admin), Stop);
        var generator = (await studio.Services.GetRequiredService<GeneratorService>().RefreshAsync(Stop)).Single(known => known.Name == "tiny-sd");
        var wanted = Tests.Client.EndToEndTests.Wanted(captions.Id, generator.Id);
        var experiments = studio.Services.GetRequiredService<ExperimentService>();
        async Task<Data.Experiments.Experiment> DraftAsync(StudioRole owner) => await experiments.CreateAsync(
            new NewExperiment
            {
                Name = "a draft",
                Images = new Api.ImageSets.ImageSetSettings { CaptionSetId = captions.Id, GeneratorId = generator.Id, ImagesPerPrompt = 2, Steps = 2 },
                Recipe = TrainingRecipe.Parse(wanted.Recipe.GetRawText()),
            },
            await studio.UserIdAsync(owner), Stop);
        var (mine, theirs) = (await DraftAsync(StudioRole.Researcher), await DraftAsync(StudioRole.Admin));
        var images = await ImagesAsync(studio, mine.ImageSetId);
        return HostileRequests.All(captions.Id, generator.Id, mine.Id, theirs.Id, images[0], images[1]);
    }

    /// <summary>Two images as a worker would have left them, the second of them damaged.</summary>
    private static async Task<IReadOnlyList<long>> ImagesAsync(StudioApplication studio, Guid setId)
    {
        var file = Path.Combine(studio.Folder, "shard");
        await File.WriteAllBytesAsync(file, [.. HostileFiles.Picture, .. HostileFiles.Picture[..30]], Stop);
        await studio.Services.GetRequiredService<IArtifactStore>().PutAsync("image-sets/test.tar", file, Stop);
        await using var store = await studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        var shard = await store.Shards.FirstAsync(row => row.ImageSetId == setId, Stop);
        shard.ArtifactKey = "image-sets/test.tar";
        shard.State = WorkState.Done;
        GeneratedImage[] images =
        [
            new() { ImageSetId = setId, ShardId = shard.Id, CaptionIndex = 0, ImageIndex = 0, Seed = 0, Offset = 0, Length = HostileFiles.Picture.Length },
            new() { ImageSetId = setId, ShardId = shard.Id, CaptionIndex = 0, ImageIndex = 1, Seed = 0, Offset = HostileFiles.Picture.Length, Length = 30 },
        ];
        store.Images.AddRange(images);
        await store.SaveChangesAsync(Stop);
        return [.. images.Select(image => image.Id)];
    }

    /// <summary>The rows of each table and every file.</summary>
    private static async Task<IReadOnlyList<string>> TraceAsync(StudioApplication studio)
    {
        var trace = new List<string>();
        await using var command = studio.Database.Source.CreateCommand(
            """
            SELECT table_name, (xpath('/row/count/text()', query_to_xml(format('SELECT count(*) FROM app.%I', table_name), false, true, '')))[1]::text::bigint
            FROM information_schema.tables WHERE table_schema = 'app' ORDER BY table_name
            """);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        while (await reader.ReadAsync(Stop))
        {
            trace.Add(string.Create(CultureInfo.InvariantCulture, $"{reader.GetString(0)} {reader.GetInt64(1)}"));
        }

        trace.AddRange(Directory.EnumerateFileSystemEntries(studio.Folder, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) is not ("uploads" or "probe-datasets")).Order(StringComparer.Ordinal));
        return trace;
    }
}
