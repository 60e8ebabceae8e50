using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Generators;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Models;

namespace StableRep.Api.Generators;

/// <summary>The generators of the store and where their files are on this node.</summary>
public sealed class GeneratorService(IDbContextFactory<StudioDbContext> stores, IOptions<StudioOptions> options, TimeProvider clock)
{
    /// <summary>The source of generators that come with the program.</summary>
    public const string Bundled = "bundled";

    private GeneratorLibrary Library => new(options.Value.PathOf("generators"));

    private static GeneratorLibrary BundledLibrary => new(Path.Combine(AppContext.BaseDirectory, "assets"));

    /// <summary>Enters the generators that are on this node and not in the store yet. Reads all weights of a new one once.</summary>
    /// <returns>Every generator of the store, by name.</returns>
    /// <exception cref="CheckpointException">A folder is damaged; the message names it.</exception>
    public async Task<IReadOnlyList<Generator>> RefreshAsync(CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var known = await store.Generators.ToListAsync(cancellationToken);
        foreach (var (entry, source) in BundledLibrary.List().Select(entry => (entry, Bundled)).Concat(Library.List().Select(entry => (entry, entry.Source?.Repository ?? "local"))))
        {
            if (known.Any(generator => generator.Name == entry.Name))
            {
                continue;
            }

            var generator = await Task.Run(() => Describe(entry, source), cancellationToken);
            if (known.Any(other => other.Hash == generator.Hash))
            {
                continue;
            }

            store.Generators.Add(generator);
            try
            {
                await store.SaveChangesAsync(cancellationToken);
                known.Add(generator);
            }
            catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
            {
                // Another node was faster.
                store.Entry(generator).State = EntityState.Detached;
            }
        }

        return await ListAsync(cancellationToken);
    }

    /// <summary>Every generator of the store, by name.</summary>
    public async Task<IReadOnlyList<Generator>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Generators.AsNoTracking().OrderBy(generator => generator.Name).ToListAsync(cancellationToken);
    }

    /// <summary>One generator.</summary>
    /// <exception cref="MissingException">There is no such generator.</exception>
    public async Task<Generator> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Generators.AsNoTracking().SingleOrDefaultAsync(generator => generator.Id == id, cancellationToken) ?? throw new MissingException("generator", id);
    }

    /// <summary>Deletes a generator that nothing uses, with its files on this node.</summary>
    /// <exception cref="MissingException">There is no such generator.</exception>
    /// <exception cref="ConflictException">It comes with the studio, or images were made by it.</exception>
    public async Task DeleteAsync(Guid id, CancellationToken cancellationToken = default)
    {
        var generator = await GetAsync(id, cancellationToken);
        if (generator.Source == Bundled)
        {
            throw new ConflictException($"'{generator.Name}' comes with the studio and stays.");
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        try
        {
            await store.Generators.Where(row => row.Id == id).ExecuteDeleteAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            throw new ConflictException($"Images of '{generator.Name}' are kept: delete the experiments that use them first.");
        }

        // A folder without its row is entered again at the next start.
        if (Library.Find(generator.Name) is { } entry)
        {
            Directory.Delete(entry.Path, recursive: true);
        }
    }

    /// <summary>The folder of a generator on this node.</summary>
    /// <exception cref="CheckpointException">It is not installed here; the message says what to do.</exception>
    public string FolderOf(Generator generator) => (generator.Source == Bundled ? BundledLibrary : Library).Find(generator.Name)?.Path
        ?? throw new CheckpointException(
            $"The generator '{generator.Name}' is not on this node: pull it again ('generators pull {generator.Source} --name {generator.Name}'), " +
            $"or put its folder under {Library.Folder}.");

    /// <summary>The sampler of a generator's own config.</summary>
    public static string SamplerOf(Generator generator) => JsonNode.Parse(generator.Config)!["sampler"]!.GetValue<string>();

    private Generator Describe(GeneratorEntry entry, string source)
    {
        JsonNode Read(params string[] parts) => JsonNode.Parse(File.ReadAllText(Path.Combine([entry.Path, .. parts])))!;

        var scheduler = ConfigDocument.Load(Path.Combine(entry.Path, "scheduler", "scheduler_config.json"));
        var vae = AutoencoderKLConfig.Read(ConfigDocument.Load(Path.Combine(entry.Path, "vae", "config.json")));
        var unet = UNet2DConditionConfig.Read(ConfigDocument.Load(Path.Combine(entry.Path, "unet", "config.json")));
        var config = new JsonObject
        {
            ["sampler"] = SchedulerFactory.SamplerOf(scheduler),
            ["bytes"] = entry.Bytes,
            ["unet"] = Read("unet", "config.json"),
            ["vae"] = Read("vae", "config.json"),
            ["scheduler"] = Read("scheduler", "scheduler_config.json"),
        };
        return new Generator
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            Name = entry.Name,
            Hash = GeneratorHash.OfFolder(entry.Path),
            Source = source,
            ImageSize = (unet.SampleSize * vae.Downscale) ?? vae.SampleSize,
            Config = config.ToJsonString(JsonSerializerOptions.Web),
            InstalledAt = clock.GetUtcNow(),
        };
    }
}
