using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Sweeps;

namespace StableRep.Api.Sweeps;

/// <summary>Everything that people do with sweeps. Pages and the API call the same methods.</summary>
public sealed class SweepService
{
    private const int CreationAttempts = 3;

    private readonly IDbContextFactory<StudioDbContext> _stores;
    private readonly ExperimentService _experiments;
    private readonly ExperimentTransitions _transitions;
    private readonly SweepPlanner _planner;
    private readonly SweepReader _reader;
    private readonly ListReader _lists;
    private readonly TimeProvider _clock;

    /// <summary>Uses the store and the services of experiments.</summary>
    public SweepService(
        IDbContextFactory<StudioDbContext> stores,
        NpgsqlDataSource source,
        ImageSets.ImageSetService imageSets,
        ExperimentService experiments,
        ExperimentPlanner planner,
        ExperimentTransitions transitions,
        ListReader lists,
        TimeProvider clock)
    {
        (_stores, _experiments, _transitions, _lists, _clock) = (stores, experiments, transitions, lists, clock);
        _planner = new SweepPlanner(stores, imageSets, experiments, planner);
        _reader = new SweepReader(stores, source);
    }

    /// <summary>What launching a sweep would take; nothing is written.</summary>
    /// <exception cref="InputException">An axis cannot be read, or a value that all cells have is wrong.</exception>
    public async Task<SweepPlan> PlanAsync(NewSweep wanted, CancellationToken cancellationToken = default) =>
        (await _planner.PlanAsync(wanted, cancellationToken)).Summary();

    /// <summary>Writes a sweep down with all its experiments, and launches them: all of it or nothing.</summary>
    /// <exception cref="InputException">An axis cannot be read, or a value is wrong.</exception>
    /// <exception cref="ConflictException">Its plan is refused; the message says why.</exception>
    public async Task<SweepDetails> LaunchAsync(NewSweep wanted, Guid? ownerId = null, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            var planned = await _planner.PlanAsync(wanted, cancellationToken);
            if (planned.Summary().Refusal is { } reason)
            {
                throw new ConflictException(reason);
            }

            try
            {
                return await GetAsync(await WriteAsync(wanted, planned, ownerId, cancellationToken), cancellationToken);
            }
            catch (DbUpdateException exception) when (attempt < CreationAttempts
                && exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ForeignKeyViolation })
            {
                // Somebody else has asked for one of the image sets, or deleted one, since it was planned.
            }
        }
    }

    /// <summary>A page of sweeps, the newest first.</summary>
    /// <param name="before">The last sweep seen, or null to begin.</param>
    /// <param name="count">The most sweeps.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public Task<IReadOnlyList<SweepSummary>> ListAsync(Guid? before, int count, CancellationToken cancellationToken = default) =>
        _reader.ListAsync(before, count, cancellationToken);

    /// <summary>A page of sweeps by a query; fields are <c>name</c>, <c>created_at</c> and <c>owner_id</c>.</summary>
    /// <exception cref="InputException">The query's filter, order, size or token is wrong.</exception>
    public Task<Page<SweepSummary>> ListAsync(ListQuery query, CancellationToken cancellationToken = default) =>
        _reader.ListAsync(_lists, query, cancellationToken);

    /// <summary>One sweep with its progress and results.</summary>
    /// <exception cref="MissingException">There is no such sweep.</exception>
    public Task<SweepDetails> GetAsync(Guid id, CancellationToken cancellationToken = default) => _reader.GetAsync(id, cancellationToken);

    /// <summary>Stops, for good, every experiment of a sweep that is under way or paused.</summary>
    /// <returns>How many were stopped.</returns>
    /// <exception cref="MissingException">There is no such sweep.</exception>
    public Task<int> CancelAsync(Guid id, CancellationToken cancellationToken = default) =>
        EachAsync(id, state => state.MayBecome(ExperimentState.Cancelled), _experiments.CancelAsync, cancellationToken);

    /// <summary>Tries every failed or cancelled experiment of a sweep again.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="MissingException">There is no such sweep.</exception>
    public Task<int> RetryAsync(Guid id, CancellationToken cancellationToken = default) =>
        EachAsync(id, state => state is ExperimentState.Failed or ExperimentState.Cancelled, _experiments.RetryAsync, cancellationToken);

    /// <summary>Deletes a sweep.</summary>
    /// <param name="id">The sweep.</param>
    /// <param name="keepExperiments">Whether its experiments stay, on their own.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="MissingException">There is no such sweep.</exception>
    /// <exception cref="ConflictException">One of its experiments, which are to be deleted, is under way.</exception>
    public async Task DeleteAsync(Guid id, bool keepExperiments = false, CancellationToken cancellationToken = default)
    {
        await using var store = await _stores.CreateDbContextAsync(cancellationToken);
        var experiments = await ExperimentsAsync(store, id, cancellationToken);
        if (!keepExperiments)
        {
            if (experiments.Count(pair => pair.State.IsActive()) is > 0 and var active)
            {
                throw new ConflictException($"{active} of the sweep's experiments are under way: cancel them first, or keep the experiments.");
            }

            foreach (var (experiment, _) in experiments)
            {
                try
                {
                    await _experiments.DeleteAsync(experiment, cancellationToken);
                }
                catch (MissingException)
                {
                    // Somebody else has deleted it.
                }
            }
        }

        await store.Sweeps.Where(sweep => sweep.Id == id).ExecuteDeleteAsync(cancellationToken);
    }

    private async Task<Guid> WriteAsync(NewSweep wanted, PlannedSweep planned, Guid? ownerId, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7(_clock.GetUtcNow());
        var experiments = planned.Experiments
            .Select(cell => _experiments.Draft(cell.Cell.Experiment, cell.Images!.Set.Id, ownerId, id)).ToList();
        var definition = new SweepDefinition(
            wanted, planned.Axes, [.. planned.Cells.Select(cell => new SweepDefinition.Cell(cell.Cell.Coordinates, experiments[cell.Experiment].Id))]);
        await using var store = await _stores.CreateDbContextAsync(cancellationToken);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        store.ImageSets.AddRange(planned.ImageSets.Distinct().Where(set => !set.Exists && set.Experiments > 0).Select(set => set.Set));
        store.Sweeps.Add(new Sweep { Id = id, Name = wanted.Name.Trim(), Definition = definition.ToJson(), OwnerId = ownerId, CreatedAt = _clock.GetUtcNow() });
        store.Experiments.AddRange(experiments);
        await store.SaveChangesAsync(cancellationToken);
        var connection = (NpgsqlConnection)transaction.GetDbTransaction().Connection!;
        foreach (var experiment in experiments)
        {
            await _transitions.MoveAsync(connection, experiment.Id, ExperimentState.Draft, ExperimentState.Queued, null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    private async Task<int> EachAsync(
        Guid id, Func<ExperimentState, bool> wanted, Func<Guid, CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        await using var store = await _stores.CreateDbContextAsync(cancellationToken);
        var count = 0;
        foreach (var (experiment, _) in (await ExperimentsAsync(store, id, cancellationToken)).Where(pair => wanted(pair.State)))
        {
            try
            {
                await act(experiment, cancellationToken);
                count++;
            }
            catch (Exception exception) when (exception is IllegalTransitionException or MissingException)
            {
                // It has moved on by itself.
            }
        }

        return count;
    }

    private static async Task<IReadOnlyList<(Guid Id, ExperimentState State)>> ExperimentsAsync(StudioDbContext store, Guid id, CancellationToken cancellationToken)
    {
        if (!await store.Sweeps.AnyAsync(sweep => sweep.Id == id, cancellationToken))
        {
            throw new MissingException("sweep", id);
        }

        var rows = await store.Experiments.Where(row => row.SweepId == id).OrderBy(row => row.Id).Select(row => new { row.Id, row.State }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => (row.Id, row.State))];
    }
}
