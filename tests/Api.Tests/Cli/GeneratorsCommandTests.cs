using System.Diagnostics;
using StableRep.Engine.Tests;
using StableRep.Engine.Tests.Checkpoints.Hub;

namespace StableRep.Api.Tests.Cli;

/// <summary>The program itself, started as a user starts it, against a hub on this machine.</summary>
public sealed class GeneratorsCommandTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeHub _hub = FakeHub.WithTinyGenerator();

    [Fact]
    public async Task Pull_then_list_shows_the_generator()
    {
        var (code, output, error) = await RunAsync("generators", "list");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"No generators in {_folder.File("generators")}.", output, StringComparison.Ordinal);

        (code, output, error) = await RunAsync("generators", "pull", _hub.Repository, "--hub", _hub.Address.AbsoluteUri, "--name", "tiny");
        Assert.Equal((0, ""), (code, error));
        Assert.EndsWith($"tiny: 5.4 MB in {_folder.File("generators/tiny")}", output.TrimEnd(), StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("generators/tiny/model_index.json")));

        (code, output, error) = await RunAsync("generators", "list");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("tiny", output, StringComparison.Ordinal);
        Assert.Contains($"{_hub.Repository} 01234567", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pull_of_what_is_not_there_tells_it_in_a_sentence()
    {
        var (code, _, error) = await RunAsync("generators", "pull", $"{_hub.Address}studio/nothing");
        Assert.Equal(1, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.Contains("not found (404)", error, StringComparison.Ordinal);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public async Task The_token_of_the_environment_goes_to_the_configured_hub_and_not_to_one_that_an_address_names()
    {
        await RunAsync("generators", "pull", _hub.Repository, "--hub", _hub.Address.AbsoluteUri);
        Assert.All(_hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        _hub.Requests.Clear();
        await RunAsync("generators", "pull", $"{_hub.Address}{_hub.Repository}", "--name", "again");
        Assert.NotEmpty(_hub.Requests);
        Assert.All(_hub.Requests, request => Assert.Null(request.Authorization));
    }

    [Fact]
    public async Task A_mistyped_verb_does_not_start_the_node()
    {
        var (code, _, error) = await RunAsync("generatrs", "pull");
        Assert.Equal(1, code);
        Assert.Contains("generatrs", error, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "StableRep.Api.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Studio__DataFolder"] = _folder.Path;
        start.Environment["HF_TOKEN"] = "secret";
        start.Environment.Remove("HF_ENDPOINT");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}
