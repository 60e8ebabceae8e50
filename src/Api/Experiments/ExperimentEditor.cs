using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using StableRep.Api.Http;
using StableRep.Api.Probes;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>Changes what may be changed of an experiment once it is written down: its labels, and the probes that it runs.</summary>
public sealed class ExperimentEditor(
    IDbContextFactory<StudioDbContext> stores, ExperimentTransitions transitions, ProbeCatalogue catalogue, TimeProvider clock)
{
    /// <summary>
    /// The version of what can be edited. Not the row's: that changes with each event of a running experiment, and nobody could ever edit one.
    /// </summary>
    public static uint VersionOf(Experiment experiment) => BinaryPrimitives.ReadUInt32LittleEndian(SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(new { experiment.Name, experiment.Notes, experiment.Tags, experiment.Priority })));

    /// <summary>Changes an experiment's name, notes, tags or priority.</summary>
    /// <param name="id">The experiment.</param>
    /// <param name="edit">What to change; null leaves a thing as it is.</param>
    /// <param name="version">The <see cref="VersionOf"/> on which the change builds, or null for any.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    /// <exception cref="InputException">A value is out of range.</exception>
    /// <exception cref="StaleException">It was changed since.</exception>
    public async Task<Experiment> EditAsync(Guid id, ExperimentEdit edit, uint? version, CancellationToken cancellationToken = default)
    {
        ExperimentLabels.Check(edit);
        return await EditAsync(
            id,
            experiment =>
            {
                Versions.Require(version, VersionOf(experiment));
                return edit;
            },
            cancellationToken);
    }

    /// <summary>Adds a word to find an experiment by; one that it has stays single.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    /// <exception cref="InputException">It is no tag, or there are too many.</exception>
    public Task<Experiment> AddTagAsync(Guid id, string tag, CancellationToken cancellationToken = default) => EditAsync(
        id,
        experiment =>
        {
            var edit = new ExperimentEdit { Tags = experiment.Tags.Contains(tag.Trim()) ? experiment.Tags : [.. experiment.Tags, tag] };
            ExperimentLabels.Check(edit);
            return edit;
        },
        cancellationToken);

    /// <summary>Adds a probe. An experiment that is done is queued again for it.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    /// <exception cref="InputException">The dataset is unknown, or the method learns from no text and the probe needs it.</exception>
    /// <exception cref="ConflictException">It has this probe already.</exception>
    public async Task<Probe> AddProbeAsync(Guid id, NewProbe wanted, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        var experiment = await LockAsync(store, id, cancellationToken);
        if (!catalogue.Names().Contains(wanted.Dataset))
        {
            throw new InputException("dataset", $"There is no probe dataset '{wanted.Dataset}'. There are: {string.Join(", ", catalogue.Names())}.");
        }

        var method = TrainingRecipe.Parse(experiment.Recipe).Method;
        if (wanted.Kind == ProbeKind.ZeroShot && !TrainingMethods.UsesText(method))
        {
            throw new InputException("kind", $"A zero-shot probe compares images with class names, and {method} learns from no text.");
        }

        if (await store.Probes.AnyAsync(probe => probe.ExperimentId == id && probe.Kind == wanted.Kind && probe.Dataset == wanted.Dataset, cancellationToken))
        {
            throw new ConflictException("It has this probe already.");
        }

        var probe = new Probe { Id = Guid.CreateVersion7(clock.GetUtcNow()), ExperimentId = id, Kind = wanted.Kind, Dataset = wanted.Dataset };
        store.Probes.Add(probe);
        await store.SaveChangesAsync(cancellationToken);
        if (experiment.State == ExperimentState.Done)
        {
            var connection = (NpgsqlConnection)transaction.GetDbTransaction().Connection!;
            await transitions.MoveAsync(connection, id, ExperimentState.Done, ExperimentState.Queued, "A probe was added.", cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return probe;
    }

    /// <summary>Writes the edit that the row as it is now asks for, before anybody else can change the row.</summary>
    private async Task<Experiment> EditAsync(Guid id, Func<Experiment, ExperimentEdit> decide, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        var experiment = await LockAsync(store, id, cancellationToken);
        var edit = decide(experiment);
        var (name, notes, priority) = (edit.Name?.Trim() ?? experiment.Name, edit.Notes ?? experiment.Notes, edit.Priority ?? experiment.Priority);
        var tags = edit.Tags is null ? experiment.Tags : ExperimentLabels.Tidy(edit.Tags);
        await store.Experiments.Where(row => row.Id == id).ExecuteUpdateAsync(
            row => row.SetProperty(item => item.Name, name)
                .SetProperty(item => item.Notes, notes)
                .SetProperty(item => item.Tags, tags)
                .SetProperty(item => item.Priority, priority),
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await store.Experiments.AsNoTracking().Include(row => row.ImageSet).Include(row => row.Probes).SingleAsync(row => row.Id == id, cancellationToken);
    }

    private static async Task<Experiment> LockAsync(StudioDbContext store, Guid id, CancellationToken cancellationToken) =>
        await store.Experiments.FromSql($"SELECT *, xmin FROM app.experiments WHERE id = {id} FOR UPDATE").AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken) ?? throw new MissingException("experiment", id);
}

/// <summary>A change of an experiment's labels; what is null or absent stays.</summary>
public sealed record ExperimentEdit
{
    /// <summary>Its name, 1 to 200 characters.</summary>
    public string? Name { get; init; }

    /// <summary>What is noted about it.</summary>
    public string? Notes { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Whose turn comes first, from -10 to 10.</summary>
    public int? Priority { get; init; }
}
