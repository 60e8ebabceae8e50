using Microsoft.EntityFrameworkCore;
using StableRep.Api.ImageSets;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Experiments;

/// <summary>Reads what a person who comes in wants to see first.</summary>
public sealed class StudioOverviewReader(IDbContextFactory<StudioDbContext> stores, ExperimentProgressReader progress, PositiveSetReader images)
{
    private const int MostRunning = 20;
    private const int NewestImages = 32;
    private const int LastResults = 8;

    /// <summary>The studio at this moment.</summary>
    public async Task<StudioOverview> ReadAsync(CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var active = await store.Experiments.AsNoTracking()
            .Where(row => row.State == ExperimentState.Queued || row.State == ExperimentState.Generating
                || row.State == ExperimentState.Training || row.State == ExperimentState.Probing)
            .OrderByDescending(row => row.Priority).ThenBy(row => row.Id).Take(MostRunning)
            .Select(row => new { row.Id, row.Name, row.State, row.ImageSetId, row.CreatedAt }).ToListAsync(cancellationToken);
        var stages = await progress.ReadAsync([.. active.Select(row => row.Id)], cancellationToken);
        var running = active.Where(row => stages.ContainsKey(row.Id))
            .Select(row => new RunningExperiment(row.Id, row.Name, row.State, row.CreatedAt, stages[row.Id])).ToList();
        var results = await store.Probes.AsNoTracking().Where(probe => probe.FinishedAt != null && probe.Accuracy != null)
            .OrderByDescending(probe => probe.FinishedAt).Take(LastResults)
            .Join(store.Experiments, probe => probe.ExperimentId, row => row.Id, (probe, row) => new LastResult(
                row.Id, row.Name, probe.Kind, probe.Dataset, probe.Accuracy!.Value, probe.FinishedAt!.Value))
            .ToListAsync(cancellationToken);
        var recent = await store.Experiments.AsNoTracking().Where(row => row.FinishedAt != null || row.State == ExperimentState.Paused || row.State == ExperimentState.Draft)
            .OrderByDescending(row => row.Id).Take(LastResults).Select(row => new RecentExperiment(row.Id, row.Name, row.State, row.StateReason, row.CreatedAt, row.FinishedAt))
            .ToListAsync(cancellationToken);
        return new StudioOverview(
            [.. running.Where(row => row.State != ExperimentState.Queued || row.Progress.Stages.Any(stage => stage.Done > 0))],
            [.. running.Where(row => row.State == ExperimentState.Queued && row.Progress.Stages.All(stage => stage.Done == 0))],
            await images.NewestAsync(NewestImages, cancellationToken),
            [.. results.OrderByDescending(result => result.FinishedAt)],
            recent,
            active.Count == 0 && recent.Count == 0);
    }
}

/// <summary>The studio at one moment.</summary>
/// <param name="Running">Experiments at which workers are, or were before their next stage.</param>
/// <param name="Queued">Experiments of which nothing is done yet, in the order of their turns.</param>
/// <param name="NewestImages">The newest images.</param>
/// <param name="LastResults">The newest probe results.</param>
/// <param name="Recent">The newest experiments at which nobody works.</param>
/// <param name="IsEmpty">Whether there has never been an experiment.</param>
public sealed record StudioOverview(
    IReadOnlyList<RunningExperiment> Running,
    IReadOnlyList<RunningExperiment> Queued,
    IReadOnlyList<NewImage> NewestImages,
    IReadOnlyList<LastResult> LastResults,
    IReadOnlyList<RecentExperiment> Recent,
    bool IsEmpty);

/// <summary>An experiment at work.</summary>
public sealed record RunningExperiment(Guid Id, string Name, ExperimentState State, DateTimeOffset CreatedAt, ExperimentProgress Progress);

/// <summary>An experiment that is not at work.</summary>
public sealed record RecentExperiment(Guid Id, string Name, ExperimentState State, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt);

/// <summary>A probe's result.</summary>
public sealed record LastResult(Guid ExperimentId, string Experiment, ProbeKind Kind, string Dataset, double Accuracy, DateTimeOffset FinishedAt);
