using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Generators;
using StableRep.Engine.Checkpoints;

namespace StableRep.Api.Generators;

/// <summary>Describes generators beyond what their rows hold.</summary>
public sealed class GeneratorCatalogue(IDbContextFactory<StudioDbContext> stores, GeneratorService generators)
{
    // A card is read by people: what is longer is not one.
    private const int MaxCard = 200_000;

    /// <summary>Every generator by name, with how much it is used.</summary>
    public async Task<IReadOnlyList<GeneratorSummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var rows = await store.Generators.AsNoTracking().OrderBy(generator => generator.Name)
            .Select(generator => new { generator, Experiments = store.Experiments.Count(experiment => experiment.ImageSet!.GeneratorId == generator.Id) })
            .ToListAsync(cancellationToken);
        return [.. rows.Select(row => new GeneratorSummary(row.generator, Bytes(row.generator), row.Experiments, Here(row.generator)))];
    }

    /// <summary>The experiments with images of a generator, the newest first.</summary>
    public async Task<IReadOnlyList<Experiment>> ExperimentsAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Experiments.AsNoTracking().Where(experiment => experiment.ImageSet!.GeneratorId == id)
            .OrderByDescending(experiment => experiment.Id).Take(200).ToListAsync(cancellationToken);
    }

    /// <summary>What its makers wrote about it (README.md), as text; null when there is nothing on this node.</summary>
    public async Task<string?> CardAsync(Generator generator, CancellationToken cancellationToken = default)
    {
        if (Here(generator) is not null)
        {
            return null;
        }

        var path = Path.Combine(generators.FolderOf(generator), "README.md");
        if (!File.Exists(path))
        {
            return null;
        }

        using var reader = new StreamReader(path);
        var buffer = new char[MaxCard];
        var length = await reader.ReadBlockAsync(buffer, cancellationToken);
        return new string(buffer, 0, length);
    }

    private static long Bytes(Generator generator) => JsonNode.Parse(generator.Config)?["bytes"]?.GetValue<long>() ?? 0;

    private string? Here(Generator generator)
    {
        try
        {
            generators.FolderOf(generator);
            return null;
        }
        catch (CheckpointException exception)
        {
            return exception.Message;
        }
    }
}

/// <summary>A generator in a list.</summary>
/// <param name="Generator">The generator.</param>
/// <param name="Bytes">The size of its files.</param>
/// <param name="Experiments">The experiments that use it.</param>
/// <param name="Problem">Why this node cannot load it, or null.</param>
public sealed record GeneratorSummary(Generator Generator, long Bytes, int Experiments, string? Problem);
