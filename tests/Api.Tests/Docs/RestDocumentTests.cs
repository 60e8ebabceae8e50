using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Client;
using StableRep.Data.Accounts;
using StableRep.Engine.Scenes;
using StableRep.Engine.Tests;
using StableRep.Engine.Training;
using StableRep.Testing;

namespace StableRep.Api.Tests.Docs;

/// <summary>Runs the examples of <c>docs/rest.md</c> against a node that works on them.</summary>
public sealed partial class RestDocumentTests(TestCluster cluster) : IAsyncLifetime
{
    private const string DocumentAddress = "http://127.0.0.1:5000/api/v1";
    private const string DocumentToken = "srs_...";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);
    private static readonly string Document = File.ReadAllText(Repository.PathOf("docs", "rest.md"));

    private readonly TemporaryFolder _folder = new();
    private StudioApplication _studio = null!;
    private HttpClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioApplication.StartAsync(cluster, configure: builder => builder.AddWorker());
        SceneProbes.Export(SceneProbes.Create(SceneAttribute.Object, 60, 30, size: 16), Path.Combine(_studio.Folder, "probe-datasets", "few-objects"), Stop);
        await _studio.Services.GetRequiredService<GeneratorService>().RefreshAsync(Stop);
        _client = await _studio.CreateClientAsync(StudioRole.Researcher);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_example_with_curl_goes_from_captions_to_an_encoder()
    {
        await RequireAsync("bash", "-c", "command -v curl && command -v jq");
        await File.WriteAllLinesAsync(_folder.File("Train_GCC-training.tsv"), Enumerable.Range(1, 9).Select(number => $"a red circle number {number}\thttp://example.org/{number}.jpg"), Stop);

        // What the studio refuses ends the script, which the document leaves to its reader.
        var script = "set -euo pipefail\ncurl() { command curl --fail-with-body \"$@\"; }\n" + Example("bash");
        await File.WriteAllTextAsync(_folder.File("example.sh"), script, Stop);
        var (code, output) = await RunAsync("bash", "example.sh");
        Assert.True(code == 0, output);

        var experiment = await FinishedAsync();
        Assert.Equal("two", experiment.Name);
        foreach (var (file, begin) in new[] { ("loss.parquet", "PAR1"), ("first.png", "\x89PNG"), ("first.webp", "RIFF") })
        {
            Assert.StartsWith(begin, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(_folder.File(file), Stop)), StringComparison.Ordinal);
        }

        Assert.InRange(new FileInfo(_folder.File("00000.tar")).Length, 10_000, long.MaxValue);
        Assert.InRange(new FileInfo(_folder.File("encoder.safetensors")).Length, 10_000, long.MaxValue);
        Assert.Contains(experiment.Id.ToString(), output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_in_python_goes_from_captions_to_images()
    {
        await RequireAsync("python3", "-c", "import requests");
        await File.WriteAllTextAsync(_folder.File("captions.csv"), "caption\n" + string.Concat(Enumerable.Range(1, 8).Select(number => $"a blue square number {number}\n")), Stop);
        await File.WriteAllTextAsync(_folder.File("example.py"), Example("python"), Stop);
        var (code, output) = await RunAsync("python3", "example.py");
        Assert.True(code == 0, output);

        var experiment = await FinishedAsync();
        Assert.Equal("w = 2", experiment.Name);
        Assert.Contains("'to': 'done'", output, StringComparison.Ordinal);
        Assert.Equal(16, AnImage().Count(output));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("python")]
    public void The_recipe_as_it_stands_there_is_valid(string language) => TrainingRecipe.Parse(RecipeIn(Block(language)).Value).Validate();

    /// <summary>An example for this node, with a smaller experiment than the document's.</summary>
    private string Example(string language)
    {
        var example = Block(language);
        var recipe = Client.EndToEndTests.Wanted(Guid.Empty, Guid.Empty).Recipe;
        example = example.Replace(RecipeIn(example).Value, Compact().Replace(recipe.GetRawText(), " ").Replace("null", language == "python" ? "None" : "null", StringComparison.Ordinal), StringComparison.Ordinal);
        if (language == "python")
        {
            example = example.Replace(": true", ": True", StringComparison.Ordinal).Replace(": false", ": False", StringComparison.Ordinal);
        }

        (string Theirs, string Ours)[] changes =
        [
            (DocumentAddress, new Uri(_studio.Address, "/api/v1").ToString()),
            (DocumentToken, _client.DefaultRequestHeaders.Authorization!.Parameter!),
            ("\"imagesPerPrompt\": 4", "\"imagesPerPrompt\": 2, \"seed\": 7" + (language == "python" ? ", \"steps\": 2" : "")),
            ("scenes-objects", "few-objects"),
            .. language == "bash" ? [("\"steps\": 25", "\"steps\": 2"), ("\"captionCount\": 1000", "\"captionCount\": 8")] : Array.Empty<(string, string)>(),
        ];
        foreach (var (theirs, ours) in changes)
        {
            Assert.Contains(theirs, example, StringComparison.Ordinal);
            example = example.Replace(theirs, ours, StringComparison.Ordinal);
        }

        return example;
    }

    private static string Block(string language)
    {
        var begin = Document.IndexOf($"```{language}\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"docs/rest.md has no example in {language}.");
        begin = Document.IndexOf('\n', begin) + 1;
        return Document[begin..Document.IndexOf("```", begin, StringComparison.Ordinal)];
    }

    private static Group RecipeIn(string example)
    {
        var found = Recipe().Match(example);
        Assert.True(found.Success, "The example has no recipe.");
        return found.Groups[1];
    }

    private async Task<Experiment> FinishedAsync()
    {
        var client = new StudioClient(_client);
        var row = Assert.Single(await client.ExperimentsAsync(cancellationToken: Stop).ToListAsync(Stop));
        var experiment = await client.ExperimentAsync(row.Id, Stop);
        Assert.True(experiment.State == "done", $"{experiment.State}: {experiment.StateReason}");
        return experiment;
    }

    /// <summary>Skips the test where this machine lacks what the example needs.</summary>
    private async Task RequireAsync(string program, params string[] arguments)
    {
        try
        {
            var (code, output) = await RunAsync(program, arguments);
            Assert.SkipUnless(code == 0, $"'{program} {string.Join(' ', arguments)}' says: {output}");
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"'{program}' cannot be run: {exception.Message}");
        }
    }

    private async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };

        // A proxy of this machine knows nothing of the node.
        start.Environment["NO_PROXY"] = start.Environment["no_proxy"] = "127.0.0.1";
        start.Environment["PYTHONUNBUFFERED"] = "1";
        using var process = Process.Start(start)!;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        stop.CancelAfter(Patience);
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(stop.Token), process.StandardError.ReadToEndAsync(stop.Token));
            await process.WaitForExitAsync(stop.Token);
            return (process.ExitCode, $"{await output}{await errors}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    [GeneratedRegex("""
        "recipe": (\{[^{}]*\})
        """)]
    private static partial Regex Recipe();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Compact();

    [GeneratedRegex("a blue square number [0-9] /api/v1/images/[0-9]+")]
    private static partial Regex AnImage();
}
