using Bunit;
using Bunit.TestDoubles;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MudBlazor.Services;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Data;
using StableRep.Data.CaptionSets;
using StableRep.Data.Experiments;
using StableRep.Data.Generators;
using StableRep.Data.Hosting;
using StableRep.Data.ImageSets;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests;

/// <summary>A page or a part of one on the features' real services and a database of its own; nothing works on jobs.</summary>
public abstract class StoreContext(TestCluster cluster) : BunitContext, IAsyncLifetime
{
    private StudioDatabase? _database;
    private IHost? _host;

    /// <summary>Stops the test.</summary>
    protected static CancellationToken Stop => Xunit.TestContext.Current.CancellationToken;

    /// <summary>Who looks at the page: an admin, if a test says nothing else.</summary>
    protected BunitAuthorizationContext Person { get; private set; } = null!;

    /// <inheritdoc/>
    public virtual async ValueTask InitializeAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, Guid.NewGuid().ToString("N"))).FullName;
        _database = await StudioDatabase.OpenAsync(await cluster.NewDatabaseAsync(), new StudioOptions { DataFolder = folder });
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Studio:DataFolder"] = folder, ["Engine:Device"] = "cpu" });
        builder.Logging.ClearProviders();
        builder.AddStudio(_database);
        builder.Services.AddSingleton<ExperimentActions>();
        _host = builder.Build();
        Services.AddFallbackServiceProvider(_host.Services);
        Services.AddMudServices(options => options.PopoverOptions.CheckForPopoverProvider = false);
        Person = AddAuthorization();
        Person.SetAuthorized("admin").SetRoles("admin").SetPolicies(Policies.Viewer, Policies.Researcher);
        JSInterop.Mode = JSRuntimeMode.Loose;

        // As in the first, static rendering: nothing subscribes to what happens.
        SetRendererInfo(new RendererInfo("Static", isInteractive: false));
    }

    /// <inheritdoc/>
    public new async ValueTask DisposeAsync()
    {
        await DisposeComponentsAsync();
        await base.DisposeAsync();
        _host?.Dispose();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>A feature's service.</summary>
    protected T Get<T>()
        where T : notnull => _host!.Services.GetRequiredService<T>();

    /// <summary>Writes an experiment down whose captions have all their images.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="recipe">How it trains.</param>
    /// <param name="captions">Its captions.</param>
    /// <param name="images">Images of each.</param>
    protected async Task<Experiment> AddExperimentAsync(string name, TrainingRecipe recipe, int captions = 8, int images = 2)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var store = StudioStore.Open(_database!.Source);
        var set = new CaptionSet { Id = Guid.CreateVersion7(), Name = name, Sha256 = Hash(), Count = captions, SourceName = "some.txt", Format = "txt", CreatedAt = now };
        var generator = new Generator { Id = Guid.CreateVersion7(), Name = Hash(), Hash = Hash(), Source = "bundled", ImageSize = 64, Config = """{"sampler":"ddim"}""", InstalledAt = now };
        var imageSet = new ImageSet
        {
            Id = Guid.CreateVersion7(),
            ContentKey = Hash(),
            CaptionSetId = set.Id,
            GeneratorId = generator.Id,
            GuidanceScale = 3,
            ImagesPerPrompt = images,
            Sampler = "ddim",
            Steps = 4,
            Seed = 1,
            CaptionCount = captions,
            CreatedAt = now,
        };
        var shard = new Shard
        {
            Id = Guid.CreateVersion7(),
            ImageSetId = imageSet.Id,
            Index = 0,
            FirstCaption = 0,
            CaptionCount = captions,
            State = WorkState.Done,
            ArtifactKey = "none.tar",
            FinishedAt = now,
        };
        var experiment = new Experiment { Id = Guid.CreateVersion7(), Name = name, ImageSetId = imageSet.Id, Recipe = recipe.ToJson(), CreatedAt = now };
        store.AddRange(set, generator, imageSet, shard, experiment);
        await store.SaveChangesAsync(Stop);
        await ExecuteAsync($"INSERT INTO app.captions (caption_set_id, index, text) SELECT '{set.Id}', n, 'caption ' || n FROM generate_series(0, {captions - 1}) n");
        await ExecuteAsync(
            $"""
            INSERT INTO app.images (image_set_id, shard_id, caption_index, image_index, seed, "offset", length)
            SELECT '{imageSet.Id}', '{shard.Id}', c, i, 1, 0, 1 FROM generate_series(0, {captions - 1}) c, generate_series(0, {images - 1}) i
            """);
        return experiment;
    }

    /// <summary>
    /// Finds something on a page and acts on it in one turn of the renderer: what loads may draw the page anew at any other time, and a handler
    /// that was found before is gone then.
    /// </summary>
    /// <param name="page">The page.</param>
    /// <param name="act">Finds and acts.</param>
    protected static Task ActAsync<TPage>(IRenderedComponent<TPage> page, Func<Task> act)
        where TPage : IComponent => page.InvokeAsync(act);

    /// <summary>Runs SQL.</summary>
    protected async Task ExecuteAsync(string sql)
    {
        await using var command = _database!.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private static string Hash() => Convert.ToHexStringLower([.. Guid.NewGuid().ToByteArray(), .. Guid.NewGuid().ToByteArray()]);
}
