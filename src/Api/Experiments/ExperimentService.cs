using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Api.Jobs;
using StableRep.Api.Probes;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>Everything that people do with experiments. Pages and the API call the same methods.</summary>
public sealed class ExperimentService(
    IDbContextFactory<StudioDbContext> stores,
    ImageSetService imageSets,
    ExperimentPlanner planner,
    ExperimentTransitions transitions,
    ProbeCatalogue probes,
    IArtifactStore artifacts,
    IOptions<StudioOptions> options,
    TimeProvider clock)
{
    /// <summary>Writes an experiment down; nothing is done yet.</summary>
    /// <exception cref="InputException">A value is out of range or names nothing.</exception>
    public async Task<Experiment> CreateAsync(NewExperiment wanted, Guid? ownerId = null, CancellationToken cancellationToken = default)
    {
        Check(wanted);
        var set = await imageSets.FindOrCreateAsync(wanted.Images, cancellationToken);
        return await AddAsync(Draft(wanted, set.Id, ownerId, null), [], cancellationToken);
    }

    /// <summary>What is wrong with a wanted experiment and its images, by field; nothing when it can be written down.</summary>
    public async Task<IReadOnlyDictionary<string, string>> ProblemsAsync(NewExperiment wanted, CancellationToken cancellationToken = default)
    {
        var problems = Problems(wanted);
        foreach (var (field, problem) in await imageSets.ProblemsAsync(wanted.Images, cancellationToken))
        {
            problems[field] = problem;
        }

        return problems;
    }

    /// <summary>What creating and launching an experiment would take; nothing is written.</summary>
    /// <exception cref="InputException">A value is out of range or names nothing.</exception>
    public async Task<ExperimentPlan> PlanAsync(NewExperiment wanted, CancellationToken cancellationToken = default)
    {
        Check(wanted);
        var (set, _) = await imageSets.ResolveAsync(wanted.Images, cancellationToken);
        return await planner.PlanAsync(set, wanted.Recipe, cancellationToken: cancellationToken);
    }

    /// <summary>The row of an experiment that is not written down yet.</summary>
    internal Experiment Draft(NewExperiment wanted, Guid imageSetId, Guid? ownerId, Guid? sweepId)
    {
        var experiment = new Experiment
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            Name = wanted.Name.Trim(),
            OwnerId = ownerId,
            ImageSetId = imageSetId,
            Recipe = wanted.Recipe.ToJson(),
            Priority = wanted.Priority,
            Tags = ExperimentLabels.Tidy(wanted.Tags),
            Notes = wanted.Notes,
            SweepId = sweepId,
            CreatedAt = clock.GetUtcNow(),
        };
        AddProbes(experiment, wanted.Probes);
        return experiment;
    }

    /// <summary>Writes down a copy of an experiment, with the same images, recipe and probes.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    /// <exception cref="InputException">The name is empty or too long.</exception>
    public async Task<Experiment> CloneAsync(Guid id, string? name = null, Guid? ownerId = null, CancellationToken cancellationToken = default)
    {
        ExperimentLabels.Check(new ExperimentEdit { Name = name });
        var original = await GetAsync(id, cancellationToken);
        var title = name?.Trim() ?? original.Name + " (copy)";
        return await AddAsync(
            new Experiment
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                Name = title.Length <= ExperimentLabels.LongestName ? title : title[..ExperimentLabels.LongestName],
                OwnerId = ownerId,
                ImageSetId = original.ImageSetId,
                Recipe = original.Recipe,
                Priority = original.Priority,
                Tags = [.. original.Tags],
                Notes = original.Notes,
                ClonedFromId = original.Id,
                CreatedAt = clock.GetUtcNow(),
            },
            [.. original.Probes.Select(probe => new NewProbe(probe.Kind, probe.Dataset))],
            cancellationToken);
    }

    /// <summary>One experiment with its image set and probes.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task<Experiment> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Experiments.AsNoTracking().Include(row => row.ImageSet).Include(row => row.Probes)
            .SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw new MissingException("experiment", id);
    }

    /// <summary>A page of experiments, the newest first.</summary>
    /// <param name="before">The last experiment seen, or null to begin.</param>
    /// <param name="count">The most experiments.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public async Task<IReadOnlyList<Experiment>> ListAsync(Guid? before, int count, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var query = store.Experiments.AsNoTracking().Include(row => row.ImageSet).Include(row => row.Probes).AsSplitQuery();
        if (before is { } last)
        {
            // Ids are made in the order of time.
            query = query.Where(row => row.Id < last);
        }

        return await query.OrderByDescending(row => row.Id).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>What launching an experiment takes.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task<ExperimentPlan> PlanAsync(Guid id, CancellationToken cancellationToken = default) =>
        await planner.PlanAsync(await GetAsync(id, cancellationToken), cancellationToken);

    /// <summary>Launches a draft.</summary>
    /// <exception cref="ConflictException">Its plan is refused; the message says why.</exception>
    /// <exception cref="IllegalTransitionException">It is no draft.</exception>
    public async Task LaunchAsync(Guid id, CancellationToken cancellationToken = default)
    {
        var plan = await PlanAsync(id, cancellationToken);
        if (plan.Refusal is { } reason)
        {
            throw new ConflictException(reason);
        }

        await MoveAsync(id, [ExperimentState.Draft], ExperimentState.Queued, null, false, cancellationToken);
    }

    /// <summary>Stops an experiment so that it can go on where it was. Its workers stop within a second or two, at a step's boundary.</summary>
    /// <exception cref="IllegalTransitionException">It is not under way.</exception>
    public Task PauseAsync(Guid id, CancellationToken cancellationToken = default) =>
        MoveAsync(id, null, ExperimentState.Paused, "Paused.", false, cancellationToken);

    /// <summary>Lets a paused experiment go on.</summary>
    /// <exception cref="IllegalTransitionException">It is not paused.</exception>
    public Task ResumeAsync(Guid id, CancellationToken cancellationToken = default) =>
        MoveAsync(id, [ExperimentState.Paused], ExperimentState.Queued, null, false, cancellationToken);

    /// <summary>Stops an experiment for good.</summary>
    /// <exception cref="IllegalTransitionException">It is over, or was never launched.</exception>
    public Task CancelAsync(Guid id, CancellationToken cancellationToken = default) =>
        MoveAsync(id, null, ExperimentState.Cancelled, "Cancelled.", false, cancellationToken);

    /// <summary>Tries a failed or cancelled experiment again; what was done stays.</summary>
    /// <exception cref="IllegalTransitionException">It has neither failed nor was it cancelled.</exception>
    public Task RetryAsync(Guid id, CancellationToken cancellationToken = default) =>
        MoveAsync(id, [ExperimentState.Failed, ExperimentState.Cancelled], ExperimentState.Queued, null, true, cancellationToken);

    /// <summary>Deletes an experiment with its curves, events, probes, encoder and, when no other experiment uses it, its image set.</summary>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    /// <exception cref="ConflictException">It is under way.</exception>
    public async Task DeleteAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        var experiment = await store.Experiments.FromSql($"SELECT *, xmin FROM app.experiments WHERE id = {id} FOR UPDATE").AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken) ?? throw new MissingException("experiment", id);
        var set = experiment.ImageSetId;
        var last = !await store.Experiments.AnyAsync(other => other.ImageSetId == set && other.Id != id, cancellationToken);
        if (experiment.State.IsActive() || experiment.TrainingState == WorkState.Running
            || (last && await store.Shards.AnyAsync(shard => shard.ImageSetId == set && shard.State == WorkState.Running, cancellationToken)))
        {
            throw new ConflictException($"'{experiment.Name}' is under way: cancel it and wait until its workers have stopped.");
        }

        await store.Experiments.Where(row => row.Id == id).ExecuteDeleteAsync(cancellationToken);
        if (last)
        {
            await store.ImageSets.Where(row => row.Id == set).ExecuteDeleteAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);

        // Files go last: rows without files would be errors, files without rows are only space.
        foreach (var prefix in (string[])(last ? [$"encoders/{id}/", $"image-sets/{set}/"] : [$"encoders/{id}/"]))
        {
            await foreach (var (key, _) in artifacts.ListAsync(prefix, CancellationToken.None))
            {
                await artifacts.DeleteAsync(key, CancellationToken.None);
            }
        }

        var folder = TrainJob.RunFolder(options.Value, id);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task MoveAsync(
        Guid id, ExperimentState[]? from, ExperimentState to, string? reason, bool again, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        var experiment = await store.Experiments.FromSql($"SELECT *, xmin FROM app.experiments WHERE id = {id} FOR UPDATE").AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken) ?? throw new MissingException("experiment", id);
        var legal = from is null ? experiment.State.MayBecome(to) : from.Contains(experiment.State);
        if (!legal)
        {
            throw new IllegalTransitionException(id, experiment.State, to);
        }

        if (again)
        {
            await store.Shards.Where(row => row.ImageSetId == experiment.ImageSetId && row.State == WorkState.Failed).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.State, WorkState.Pending).SetProperty(row => row.LostCount, 0).SetProperty(row => row.Failure, (string?)null), cancellationToken);
            await store.Probes.Where(row => row.ExperimentId == id && row.State == WorkState.Failed).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.State, WorkState.Pending).SetProperty(row => row.LostCount, 0).SetProperty(row => row.Failure, (string?)null), cancellationToken);
            await store.Experiments.Where(row => row.Id == id && row.TrainingState == WorkState.Failed).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.TrainingState, WorkState.Pending).SetProperty(row => row.LostCount, 0).SetProperty(row => row.TrainingFailure, (string?)null), cancellationToken);
        }

        await transitions.MoveAsync((NpgsqlConnection)transaction.GetDbTransaction().Connection!, id, experiment.State, to, reason, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private async Task<Experiment> AddAsync(Experiment experiment, IReadOnlyList<NewProbe> wanted, CancellationToken cancellationToken)
    {
        AddProbes(experiment, wanted);
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        store.Experiments.Add(experiment);
        await store.SaveChangesAsync(cancellationToken);
        return await GetAsync(experiment.Id, cancellationToken);
    }

    private void AddProbes(Experiment experiment, IReadOnlyList<NewProbe> wanted) => experiment.Probes.AddRange(wanted.Select(probe => new Probe
    {
        Id = Guid.CreateVersion7(clock.GetUtcNow()),
        ExperimentId = experiment.Id,
        Kind = probe.Kind,
        Dataset = probe.Dataset,
    }));

    /// <summary>Refuses values that are out of range or name nothing.</summary>
    /// <exception cref="InputException">The problem of each field.</exception>
    internal void Check(NewExperiment wanted)
    {
        var problems = Problems(wanted);
        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }
    }

    private Dictionary<string, string> Problems(NewExperiment wanted)
    {
        var errors = ExperimentLabels.Problems(wanted.Name, wanted.Notes, wanted.Tags, wanted.Priority);
        try
        {
            wanted.Recipe.Validate();
            if (wanted.Recipe.Method == "supervised")
            {
                errors["recipe"] = "Captions have no labels: supervised training is for labelled image sets.";
            }
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            errors["recipe"] = exception.Message;
        }

        var names = probes.Names();
        if (wanted.Probes.Any(probe => probe is null))
        {
            errors["probes"] = "A probe must not be null.";
        }
        else if (wanted.Probes.FirstOrDefault(probe => !names.Contains(probe.Dataset)) is { } unknown)
        {
            errors["probes"] = $"There is no probe dataset '{unknown.Dataset}'. There are: {string.Join(", ", names)}.";
        }
        else if (!TrainingMethods.UsesText(wanted.Recipe.Method) && wanted.Probes.Any(probe => probe.Kind == ProbeKind.ZeroShot))
        {
            errors["probes"] = $"A zero-shot probe compares images with class names, and {wanted.Recipe.Method} learns from no text: choose clip or stablerep+, or another probe.";
        }
        else if (wanted.Probes.Distinct().Count() != wanted.Probes.Count)
        {
            errors["probes"] = "A probe is named twice.";
        }

        return errors;
    }
}
