using System.Text.Json;
using StableRep.Api.Http;
using StableRep.Data.Experiments;
using StableRep.Testing;

namespace StableRep.Api.Tests.Experiments;

/// <summary>An experiment that was run to its end, with its images and its encoder, and a node that serves them.</summary>
public sealed class FinishedExperiment(TestCluster cluster) : IAsyncLifetime
{
    private StudioUnderTest _studio = null!;
    private LiveNode _node = null!;

    /// <summary>A client of the node.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>The experiment.</summary>
    public Guid Id { get; private set; }

    /// <summary>An image of its set.</summary>
    public string Image { get; private set; } = "";

    /// <summary>Its files by what they are: an image, a shard, the encoder's weights.</summary>
    public IReadOnlyDictionary<string, string> Files { get; private set; } = new Dictionary<string, string>();

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_studio);
        Client = _node.Client();
        await _studio.StartAsync();
        var experiment = await _studio.Experiments.CreateAsync(_studio.Wanted("finished", epochs: 1));
        Id = experiment.Id;
        await _studio.Experiments.LaunchAsync(Id);
        await _studio.ReachAsync(Id, ExperimentState.Done, TestContext.Current.CancellationToken);
        var images = JsonSerializer.Deserialize<JsonElement>(await Client.GetStringAsync($"/api/v1/image-sets/{experiment.ImageSetId}/images?page_size=3"), StudioJson.Options);
        Image = images.GetProperty("items")[2].GetProperty("url").GetString()!;
        Files = new Dictionary<string, string>
        {
            ["image"] = Image,
            ["shard"] = $"/api/v1/image-sets/{experiment.ImageSetId}/shards/0",
            ["encoder"] = $"/api/v1/experiments/{Id}/encoder/model.safetensors",
        };
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        if (_studio is not null)
        {
            await _studio.DisposeAsync();
        }
    }
}
