using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;
using StableRep.Api.Generators;
using StableRep.Api.Http;
using StableRep.Data.Accounts;
using StableRep.Engine.Tests.Checkpoints.Hub;
using StableRep.Testing;

namespace StableRep.Api.Tests.Generators;

public sealed class PullTests(TestCluster cluster) : IAsyncLifetime
{
    private const string Pulls = "/api/v1/generators/pulls";

    private readonly FakeHub _hub = FakeHub.WithTinyGenerator();
    private StudioApplication _studio = null!;
    private HttpClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioApplication.StartAsync(
            cluster, configure: builder => builder.Configuration.AddInMemoryCollection([new("Hub:BaseAddress", _hub.Address.AbsoluteUri), new("Hub:Token", "hf_secret")]));
        _client = await _studio.CreateClientAsync(StudioRole.Researcher);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task A_generator_is_fetched_and_then_there()
    {
        using var response = await StartAsync(new NewPull { Repository = _hub.Repository, Name = "tiny" });
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var pull = await EndAsync(response.Headers.Location!);
        Assert.True(pull.State == GeneratorPullState.Done, pull.Failure);
        Assert.Equal((_hub.Repository, "main", "tiny"), (pull.Repository, pull.Revision, pull.Name));
        Assert.Equal(_hub.Files.Values.Sum(file => (long)file.Length), pull.Bytes);
        Assert.NotNull(pull.FinishedAt);
        var generator = (await _client.GetFromJsonAsync<GeneratorView>($"/api/v1/generators/{pull.GeneratorId}", StudioJson.Options, Stop))!;
        Assert.Equal("tiny", generator.Name);
        Assert.StartsWith(_hub.Repository, generator.Source, StringComparison.Ordinal);
        Assert.All(_hub.Requests, request => Assert.Equal("Bearer hf_secret", request.Authorization));
        Assert.Equal(pull.Id, Assert.Single((await _client.GetFromJsonAsync<GeneratorPullProgress[]>(Pulls, StudioJson.Options, Stop))!).Id);

        using var taken = await StartAsync(new NewPull { Repository = _hub.Repository, Name = "tiny" });
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
    }

    [Fact]
    public async Task A_pull_that_is_stopped_goes_on_where_it_was()
    {
        const string Large = "unet/diffusion_pytorch_model.safetensors";
        Assert.True(_hub.Files.ContainsKey(Large), string.Join(' ', _hub.Files.Keys));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _hub.Tricks[_hub.PathOf(Large)] = async _ =>
        {
            asked.TrySetResult();
            await release.Task;
            return false;
        };
        using var response = await StartAsync(new NewPull { Repository = _hub.Repository });
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        using var stopped = await _client.DeleteAsync(response.Headers.Location, Stop);
        Assert.Equal(HttpStatusCode.NoContent, stopped.StatusCode);
        var pull = await EndAsync(response.Headers.Location!);
        Assert.Equal((GeneratorPullState.Cancelled, null), (pull.State, pull.GeneratorId));
        using var twice = await _client.DeleteAsync(response.Headers.Location, Stop);
        Assert.Equal(HttpStatusCode.Conflict, twice.StatusCode);

        release.SetResult();
        _hub.Tricks.Clear();
        using var again = await StartAsync(new NewPull { Repository = _hub.Repository });
        Assert.Equal(GeneratorPullState.Done, (await EndAsync(again.Headers.Location!)).State);
    }

    [Fact]
    public async Task A_repository_that_is_not_there_fails_with_the_reason()
    {
        using var response = await StartAsync(new NewPull { Repository = "studio/nothing" });
        var pull = await EndAsync(response.Headers.Location!);
        Assert.Equal(GeneratorPullState.Failed, pull.State);
        Assert.Contains("studio/nothing", pull.Failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", pull.Failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://169.254.169.254/a/b", "repository")]
    [InlineData("no repository", "repository")]
    [InlineData("studio/tiny-sd", "name")]
    [InlineData("studio/tiny-sd", "variant")]
    public async Task What_cannot_be_fetched_is_refused_by_its_field(string repository, string field)
    {
        var wanted = new NewPull { Repository = repository, Name = field == "name" ? "../up" : null, Variant = field == "variant" ? "fp 16" : null };
        using var response = await StartAsync(wanted);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(field, (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Errors!.Keys);
        Assert.Empty(_hub.Requests);
    }

    private Task<HttpResponseMessage> StartAsync(NewPull wanted) => _client.PostAsJsonAsync(Pulls, wanted, StudioJson.Options, Stop);

    private async Task<GeneratorPullProgress> EndAsync(Uri location)
    {
        for (var start = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(1);)
        {
            var pull = (await _client.GetFromJsonAsync<GeneratorPullProgress>(location, StudioJson.Options, Stop))!;
            if (pull.State != GeneratorPullState.Running)
            {
                return pull;
            }

            await Task.Delay(25, Stop);
        }

        throw new TimeoutException($"{location} is still running.");
    }
}
