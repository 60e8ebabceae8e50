using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StableRep.Api.CaptionSets;
using StableRep.Api.Experiments;
using StableRep.Api.Generators;
using StableRep.Api.Hosting;
using StableRep.Api.ImageSets;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Models;
using StableRep.Engine.Scenes;
using StableRep.Engine.Tests;
using StableRep.Engine.Training;
using StableRep.Testing;

namespace StableRep.Api.Tests;

/// <summary>A node on a database and a data folder of its own, with the reference cases' tiny generator, a tiny recipe and a tiny probe dataset.</summary>
internal sealed class StudioUnderTest : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StudioDatabase _database;
    private readonly IHost _host;

    private StudioUnderTest(StudioDatabase database, IHost host, string folder) => (_database, _host, Folder) = (database, host, folder);

    public string Folder { get; }

    public IServiceProvider Services => _host.Services;

    public StudioDatabase Database => _database;

    public ExperimentService Experiments => Services.GetRequiredService<ExperimentService>();

    public Guid CaptionSetId { get; private set; }

    public Guid GeneratorId { get; private set; }

    /// <summary>Makes a node; its worker runs once it is started.</summary>
    public static async Task<StudioUnderTest> CreateAsync(TestCluster cluster)
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, Guid.NewGuid().ToString("N"))).FullName;
        Copy(ParityCases.Path("models/tiny-sd"), Path.Combine(folder, "generators", "tiny-sd"));
        SceneProbes.Export(SceneProbes.Create(SceneAttribute.Object, 60, 30, size: 16), Path.Combine(folder, "probe-datasets", "few-objects"));
        var database = await StudioDatabase.OpenAsync(await cluster.NewDatabaseAsync(), new StudioOptions { DataFolder = folder });
        var studio = new StudioUnderTest(database, Worker(database, folder), folder);
        await studio.FillAsync();
        return studio;
    }

    /// <summary>A further worker on the same database and folder; its caller starts, stops and disposes it.</summary>
    public IHost AnotherWorker() => Worker(_database, Folder);

    private static IHost Worker(StudioDatabase database, string folder)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Studio:DataFolder"] = folder, ["Engine:Device"] = "cpu" });
        builder.AddStudio(database);
        builder.AddWorker();
        return builder.Build();
    }

    public Task StartAsync() => _host.StartAsync();

    public NewExperiment Wanted(string name, int epochs = 2) => new()
    {
        Name = name,
        Images = new ImageSetSettings { CaptionSetId = CaptionSetId, GeneratorId = GeneratorId, GuidanceScale = 2, ImagesPerPrompt = 2, Steps = 2, Seed = 5 },
        Recipe = new TrainingRecipe
        {
            Method = "stablerep",
            BackboneShape = new VisionTransformerConfig { ImageSize = 16, PatchSize = 4, Width = 32, Depth = 1, Heads = 2, Pooling = TokenPooling.Average },
            SetsPerBatch = 4,
            ImagesPerSet = 2,
            Epochs = epochs,
            WarmupEpochs = 0.5,
            ProjectorHidden = 32,
            ProjectorOutput = 16,
            Resolution = 16,
            Augmentation = AugmentationSettings.Weak(16),
        },
        Probes = [new NewProbe(ProbeKind.Knn, "few-objects")],
    };

    /// <summary>Waits until an experiment is in a state; fails at once when it has failed instead.</summary>
    public async Task<Experiment> ReachAsync(Guid id, ExperimentState state, CancellationToken stop)
    {
        for (var start = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(3);)
        {
            var experiment = await Experiments.GetAsync(id, stop);
            if (experiment.State == state)
            {
                return experiment;
            }

            Assert.False(experiment.State is ExperimentState.Failed or ExperimentState.Done, $"{experiment.State}: {experiment.StateReason}");
            await Task.Delay(50, stop);
        }

        var last = await Experiments.GetAsync(id, stop);
        throw new TimeoutException($"The experiment is {last.State} and not {state}: {last.StateReason}");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private async Task FillAsync()
    {
        var path = _folder.File("captions.txt");
        await File.WriteAllLinesAsync(path, Enumerable.Range(1, 12).Select(number => $"a picture of {number} things"));
        var (set, _) = await Services.GetRequiredService<CaptionSetService>().KeepAsync(CaptionFile.Open(path, "captions.txt"), "twelve", "captions.txt", null, null);
        CaptionSetId = set.Id;
        GeneratorId = (await Services.GetRequiredService<GeneratorService>().RefreshAsync()).Single(generator => generator.Name == "tiny-sd").Id;
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
