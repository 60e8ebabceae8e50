using Microsoft.EntityFrameworkCore;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Data;
using StableRep.Data.ImageSets;

namespace StableRep.Api.Sweeps;

/// <summary>Says what launching a sweep takes, before anything is written down.</summary>
internal sealed class SweepPlanner(
    IDbContextFactory<StudioDbContext> stores, ImageSetService imageSets, ExperimentService experiments, ExperimentPlanner planner)
{
    /// <summary>Spreads a sweep out and plans every cell.</summary>
    /// <exception cref="InputException">A value that all cells have is wrong, or an axis cannot be read.</exception>
    public async Task<PlannedSweep> PlanAsync(NewSweep sweep, CancellationToken cancellationToken)
    {
        if (sweep.Name.Trim() is not { Length: >= 1 and <= 200 } || sweep.Name.Contains('\0', StringComparison.Ordinal))
        {
            throw new InputException("name", "The name must have 1 to 200 characters.");
        }

        var grid = SweepGrid.Of(sweep, await CaptionsAsync(sweep.Images, cancellationToken));
        var cells = new List<PlannedCell>();
        var sets = new Dictionary<string, PlannedImageSet>(StringComparer.Ordinal);
        var experimentsByContent = new Dictionary<string, int>(StringComparer.Ordinal);
        var plans = new Dictionary<string, ExperimentPlan>(StringComparer.Ordinal);
        var errors = new List<InputException>();
        foreach (var cell in grid.Cells())
        {
            try
            {
                experiments.Check(cell.Experiment);
                var set = await ResolveAsync(sets, cell.Experiment.Images, cancellationToken);

                // Seeds change neither time nor space.
                var cost = $"{set.Set.ContentKey} {(cell.Experiment.Recipe with { Seed = 0 }).ToJson()}";
                if (!plans.TryGetValue(cost, out var plan))
                {
                    plans[cost] = plan = await planner.PlanAsync(set.Set, cell.Experiment.Recipe, cancellationToken: cancellationToken);
                }

                var content = $"{set.Set.ContentKey} {cell.Experiment.Recipe.ToJson()}";
                if (!experimentsByContent.TryGetValue(content, out var index))
                {
                    experimentsByContent[content] = index = experimentsByContent.Count;
                    set.Experiments++;
                }

                cells.Add(new PlannedCell(cell, index, set, plan, plan.Refusal));
            }
            catch (InputException exception)
            {
                errors.Add(exception);
                cells.Add(new PlannedCell(cell, -1, null, null, exception.Message));
            }
        }

        // What is wrong everywhere is wrong with the sweep; what is wrong in some cells comes from their coordinates.
        return errors.Count < cells.Count ? new PlannedSweep(grid.Axes, cells, [.. sets.Values]) : throw errors[0];
    }

    private async Task<PlannedImageSet> ResolveAsync(
        Dictionary<string, PlannedImageSet> known, ImageSetSettings settings, CancellationToken cancellationToken)
    {
        // The settings as they are written, so that cells of one image set ask the store once.
        var written = System.Text.Json.JsonSerializer.Serialize(settings);
        if (known.TryGetValue(written, out var found))
        {
            return found;
        }

        var (set, exists) = await imageSets.ResolveAsync(settings, cancellationToken);
        return known[written] = known.Values.FirstOrDefault(other => other.Set.ContentKey == set.ContentKey) ?? new PlannedImageSet(set, exists);
    }

    private async Task<int> CaptionsAsync(ImageSetSettings settings, CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var count = await store.CaptionSets.Where(set => set.Id == settings.CaptionSetId).Select(set => (int?)set.Count).SingleOrDefaultAsync(cancellationToken)
            ?? throw new InputException("captionSetId", $"There is no caption set {settings.CaptionSetId}.");
        return settings.CaptionCount is { } first ? Math.Clamp(first, 1, count) : count;
    }
}

/// <summary>An image set of a sweep to be.</summary>
internal sealed class PlannedImageSet(ImageSet set, bool exists)
{
    public ImageSet Set { get; } = set;

    public bool Exists { get; } = exists;

    public int Experiments { get; set; }

    public long Images => (long)Set.CaptionCount * Set.ImagesPerPrompt;
}

/// <summary>One cell with its plan; without image set and plan where its settings are refused.</summary>
internal sealed record PlannedCell(GridCell Cell, int Experiment, PlannedImageSet? Images, ExperimentPlan? Plan, string? Refusal);

/// <summary>A sweep to be, with everything that is needed to write it down.</summary>
internal sealed record PlannedSweep(IReadOnlyList<SweepAxisValues> Axes, IReadOnlyList<PlannedCell> Cells, IReadOnlyList<PlannedImageSet> ImageSets)
{
    private const double Reserve = 1.1;

    /// <summary>One cell of each experiment, in the order of their indices.</summary>
    public IReadOnlyList<PlannedCell> Experiments { get; } =
        [.. Cells.Where(cell => cell.Experiment >= 0).DistinctBy(cell => cell.Experiment).OrderBy(cell => cell.Experiment)];

    /// <summary>The plan for people.</summary>
    public SweepPlan Summary()
    {
        // An image set may be resolved under several spellings of its settings.
        var sets = ImageSets.Distinct().Where(set => set.Experiments > 0).ToList();
        var bySet = Experiments.GroupBy(cell => cell.Images!).ToDictionary(group => group.Key, group => group.First().Plan!);
        var disk = Experiments.Sum(cell => ExperimentPlanner.KeptBytes(cell.Cell.Experiment.Recipe))
            + Experiments.Select(cell => ExperimentPlanner.PassingBytes(cell.Cell.Experiment.Recipe)).DefaultIfEmpty().Max()
            + Experiments.DistinctBy(cell => cell.Images).Sum(cell => cell.Plan!.DiskBytes
                - ExperimentPlanner.KeptBytes(cell.Cell.Experiment.Recipe) - ExperimentPlanner.PassingBytes(cell.Cell.Experiment.Recipe));
        var free = Experiments.Select(cell => cell.Plan!.FreeBytes).DefaultIfEmpty().Min();
        return new SweepPlan
        {
            Axes = Axes,
            Cells = [.. Cells.Select(cell => new SweepPlanCell(
                cell.Cell.Coordinates,
                cell.Experiment,
                cell.Images is null ? null : sets.IndexOf(cell.Images),
                cell.Cell.Experiment.Recipe.Method,
                cell.Cell.Experiment.Recipe.SetsPerBatch,
                cell.Plan?.Steps ?? 0,
                cell.Plan?.TrainingSeconds,
                cell.Cell.Notes,
                cell.Refusal))],
            ImageSets = [.. sets.Select(set => new SweepPlanImageSet(
                set.Set.GuidanceScale, set.Set.ImagesPerPrompt, set.Set.Sampler, set.Set.Steps, set.Set.Seed,
                set.Images, bySet[set].MissingImages, set.Exists, set.Experiments))],
            Experiments = Experiments.Count,
            Images = sets.Sum(set => set.Images),
            MissingImages = sets.Sum(set => bySet[set].MissingImages),
            SavedImages = Experiments.Sum(cell => cell.Images!.Images) - sets.Sum(set => bySet[set].MissingImages),
            Steps = Experiments.Sum(cell => cell.Plan!.Steps),
            GenerationSeconds = Sum(sets.Select(set => bySet[set].GenerationSeconds)),
            TrainingSeconds = Sum(Experiments.Select(cell => cell.Plan!.TrainingSeconds)),
            DiskBytes = disk,
            FreeBytes = free,
            Refusal = Cells.FirstOrDefault(cell => cell.Refusal is not null) is { } refused
                ? $"{string.Join(", ", refused.Cell.Coordinates.Select(pair => $"{SweepAxis.Named(pair.Key).Title.ToLowerInvariant()} {pair.Value}"))}: {refused.Refusal}"
                : disk * Reserve > free ? $"It needs {disk / 1e9:0.0} GB and there are {free / 1e9:0.0} GB free: make room, or plan fewer images." : null,
        };
    }

    private static double? Sum(IEnumerable<double?> values) => values.Aggregate((double?)0, (sum, value) => sum + value);
}
