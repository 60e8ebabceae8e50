using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Data;
using StableRep.Data.Probes;

namespace StableRep.Api.Experiments;

/// <summary>Finds experiments, for the table of the dashboard and for scripts.</summary>
public sealed class ExperimentList(IDbContextFactory<StudioDbContext> stores, ListReader lists)
{
    // Below every accuracy: the best first leaves what has none to the end.
    private const double Unmeasured = -1;

    private static readonly ListFields<ExperimentSummary> Fields = new ListFields<ExperimentSummary>(row => row.Id)
        .Add("id", row => row.Id)
        .Add("name", row => row.Name)
        .Add("owner_id", row => row.OwnerId)
        .Add("owner", row => row.Owner)
        .Add("state", row => row.State)
        .Add("method", row => row.Method)
        .Add("backbone", row => row.Backbone)
        .Add("image_set_id", row => row.ImageSetId)
        .Add("caption_set_id", row => row.CaptionSetId)
        .Add("caption_set", row => row.CaptionSet)
        .Add("generator_id", row => row.GeneratorId)
        .Add("generator", row => row.Generator)
        .Add("guidance_scale", row => row.GuidanceScale)
        .Add("images_per_prompt", row => row.ImagesPerPrompt)
        .Add("caption_count", row => row.CaptionCount)
        .Add("priority", row => row.Priority)
        .Add("tags", row => row.Tags)
        .Add("sweep_id", row => row.SweepId)
        .Add("linear_accuracy", row => row.LinearAccuracy, row => row.LinearAccuracy ?? Unmeasured)
        .Add("knn_accuracy", row => row.KnnAccuracy, row => row.KnnAccuracy ?? Unmeasured)
        .Add("created_at", row => row.CreatedAt)
        .Add("launched_at", row => row.LaunchedAt)
        .Add("finished_at", row => row.FinishedAt);

    /// <summary>
    /// A part of the experiments that a filter lets through, in an order, the newest first without one. Fields of both are those of
    /// <see cref="ExperimentSummary"/> in snake case: <c>state = "done" AND guidance_scale > 3 AND tags:"x" AND name ~ "foo"</c>.
    /// </summary>
    /// <exception cref="InputException">The size, filter, order or token is wrong; the message says how.</exception>
    public async Task<Page<ExperimentSummary>> SearchAsync(ListQuery query, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var rows =
            from experiment in store.Experiments.AsNoTracking()
            join set in store.ImageSets on experiment.ImageSetId equals set.Id
            join captions in store.CaptionSets on set.CaptionSetId equals captions.Id
            join generator in store.Generators on set.GeneratorId equals generator.Id
            select new ExperimentSummary
            {
                Id = experiment.Id,
                Name = experiment.Name,
                OwnerId = experiment.OwnerId,
                Owner = store.Users.Where(user => user.Id == experiment.OwnerId).Select(user => user.DisplayName).FirstOrDefault() ?? "",
                State = experiment.State,
                StateReason = experiment.StateReason,
                Method = StudioDbContext.JsonText(experiment.Recipe, "method")!,
                Backbone = StudioDbContext.JsonText(experiment.Recipe, "backbone") ?? "",
                ImageSetId = set.Id,
                CaptionSetId = captions.Id,
                CaptionSet = captions.Name,
                GeneratorId = generator.Id,
                Generator = generator.Name,
                GuidanceScale = set.GuidanceScale,
                ImagesPerPrompt = set.ImagesPerPrompt,
                CaptionCount = set.CaptionCount,
                Priority = experiment.Priority,
                Tags = experiment.Tags,
                SweepId = experiment.SweepId,
                LinearAccuracy = experiment.Probes.Where(probe => probe.Kind == ProbeKind.Linear).Max(probe => probe.Accuracy),
                KnnAccuracy = experiment.Probes.Where(probe => probe.Kind == ProbeKind.Knn).Max(probe => probe.Accuracy),
                CreatedAt = experiment.CreatedAt,
                LaunchedAt = experiment.LaunchedAt,
                FinishedAt = experiment.FinishedAt,
            };
        return await lists.ReadAsync(rows, Fields, query, cancellationToken);
    }
}
