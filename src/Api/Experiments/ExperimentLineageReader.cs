using Microsoft.EntityFrameworkCore;
using StableRep.Data;
using StableRep.Data.Experiments;

namespace StableRep.Api.Experiments;

/// <summary>Reads what an experiment came from and what it shares.</summary>
public sealed class ExperimentLineageReader(IDbContextFactory<StudioDbContext> stores)
{
    private const int Most = 50;

    /// <summary>The lineage of an experiment.</summary>
    public async Task<ExperimentLineage> ReadAsync(Experiment experiment, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var set = await store.ImageSets.AsNoTracking().SingleAsync(row => row.Id == experiment.ImageSetId, cancellationToken);
        var captions = await store.CaptionSets.AsNoTracking().Where(row => row.Id == set.CaptionSetId)
            .Select(row => new NamedThing(row.Id, row.Name)).SingleAsync(cancellationToken);
        var generator = await store.Generators.AsNoTracking().Where(row => row.Id == set.GeneratorId)
            .Select(row => new { row.Id, row.Name, row.Hash }).SingleAsync(cancellationToken);
        var owner = experiment.OwnerId is null
            ? null
            : await store.Users.Where(row => row.Id == experiment.OwnerId).Select(row => row.DisplayName).SingleOrDefaultAsync(cancellationToken);
        var original = experiment.ClonedFromId is null ? null : await Named(row => row.Id == experiment.ClonedFromId).SingleOrDefaultAsync(cancellationToken);
        return new ExperimentLineage(
            captions,
            new NamedThing(generator.Id, generator.Name),
            generator.Hash,
            owner,
            original,
            await Named(row => row.ClonedFromId == experiment.Id).Take(Most).ToListAsync(cancellationToken),
            await Named(row => row.ImageSetId == set.Id && row.Id != experiment.Id).Take(Most).ToListAsync(cancellationToken));

        IQueryable<NamedThing> Named(System.Linq.Expressions.Expression<Func<Experiment, bool>> which) =>
            store.Experiments.AsNoTracking().Where(which).OrderByDescending(row => row.Id).Select(row => new NamedThing(row.Id, row.Name));
    }
}

/// <summary>Something with a name.</summary>
public sealed record NamedThing(Guid Id, string Name);

/// <summary>What an experiment came from and what it shares.</summary>
/// <param name="CaptionSet">Its captions.</param>
/// <param name="Generator">Its generator.</param>
/// <param name="GeneratorHash">The hash of the generator's files.</param>
/// <param name="Owner">Who made it, or null when that account is gone.</param>
/// <param name="ClonedFrom">The experiment it was cloned from, or null.</param>
/// <param name="Clones">The newest of its clones.</param>
/// <param name="SharingImages">The newest of the other experiments on the same image set.</param>
public sealed record ExperimentLineage(
    NamedThing CaptionSet,
    NamedThing Generator,
    string GeneratorHash,
    string? Owner,
    NamedThing? ClonedFrom,
    IReadOnlyList<NamedThing> Clones,
    IReadOnlyList<NamedThing> SharingImages);
