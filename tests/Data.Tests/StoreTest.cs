using Npgsql;
using StableRep.Data.CaptionSets;
using StableRep.Data.Experiments;
using StableRep.Data.Generators;
using StableRep.Data.Hosting;
using StableRep.Data.ImageSets;
using StableRep.Testing;

namespace StableRep.Data.Tests;

/// <summary>A test with a database of its own.</summary>
public abstract class StoreTest(TestCluster cluster) : IAsyncLifetime
{
    protected NpgsqlDataSource Source { get; private set; } = null!;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Source = NpgsqlDataSource.Create(await cluster.NewDatabaseAsync());

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected StudioDbContext Open() => StudioStore.Open(Source);

    protected async Task<Experiment> AddExperimentAsync(string name = "test")
    {
        await using var store = Open();
        var captions = new CaptionSet
        {
            Id = Guid.CreateVersion7(),
            Name = name,
            Sha256 = Hash(),
            Count = 4,
            SourceName = "four.txt",
            Format = "txt",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        var generator = new Generator
        {
            Id = Guid.CreateVersion7(),
            Name = Hash(),
            Hash = Hash(),
            Source = "bundled",
            ImageSize = 64,
            Config = "{}",
            InstalledAt = TimeProvider.System.GetUtcNow(),
        };
        var images = new ImageSet
        {
            Id = Guid.CreateVersion7(),
            ContentKey = Hash(),
            CaptionSetId = captions.Id,
            GeneratorId = generator.Id,
            GuidanceScale = 3,
            ImagesPerPrompt = 2,
            Sampler = "dpm++2m",
            Steps = 10,
            Seed = 1,
            CaptionCount = 4,
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        var experiment = new Experiment
        {
            Id = Guid.CreateVersion7(),
            Name = name,
            ImageSetId = images.Id,
            Recipe = "{}",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        store.AddRange(captions, generator, images, experiment);
        await store.SaveChangesAsync(Stop);
        return experiment;
    }

    protected async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Stop))!;
    }

    protected async Task ExecuteAsync(string sql)
    {
        await using var command = Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private static string Hash() => Convert.ToHexStringLower(Guid.CreateVersion7().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray());
}
