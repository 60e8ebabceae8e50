using System.ComponentModel;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Http.Lists;
using StableRep.Api.Probes;
using StableRep.Data;
using StableRep.Data.Experiments;

namespace StableRep.Api.Experiments;

/// <summary>Experiments: writing down, planning, launching, steering, watching.</summary>
internal static class ExperimentsApi
{
    private const int MostEvents = 1000;

    public static void MapExperiments(this IEndpointRouteBuilder api)
    {
        var experiments = api.MapGroup("/experiments").WithTags("Experiments");
        experiments.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListExperiments").WithSummary("Experiments, by filter and in any order");
        experiments.MapPost("/", Create).RequireAuthorization(Policies.Researcher).Audited("experiment.create", "experiment")
            .WithName("CreateExperiment").WithSummary("Write an experiment down; with launch=true it begins at once");
        api.MapPost("/experiments:plan", PlanUnsaved).WithTags("Experiments").RequireAuthorization(Policies.Researcher)
            .WithName("PlanNewExperiment").WithSummary("What an experiment would take; nothing is written");
        experiments.MapGet("/{id:guid}", Get).RequireAuthorization(Policies.Viewer).WithName("GetExperiment").WithSummary("An experiment; its ETag is what an edit must name");
        experiments.MapPatch("/{id:guid}", Edit).RequireAuthorization(Policies.Researcher).Audited("experiment.edit", "experiment")
            .WithName("EditExperiment").WithSummary("Change name, notes, tags or priority; needs If-Match");
        experiments.MapDelete("/{id:guid}", Delete).RequireAuthorization(Policies.Researcher).Audited("experiment.delete", "experiment")
            .WithName("DeleteExperiment").WithSummary("Delete an experiment with what only it uses");
        experiments.MapGet("/{id:guid}/plan", Plan).RequireAuthorization(Policies.Viewer).WithName("PlanExperiment").WithSummary("What launching takes");
        MapAction(experiments, "launch", (service, id, stop) => service.LaunchAsync(id, stop));
        MapAction(experiments, "pause", (service, id, stop) => service.PauseAsync(id, stop));
        MapAction(experiments, "resume", (service, id, stop) => service.ResumeAsync(id, stop));
        MapAction(experiments, "cancel", (service, id, stop) => service.CancelAsync(id, stop));
        MapAction(experiments, "retry", (service, id, stop) => service.RetryAsync(id, stop));
        experiments.MapPost("/{id:guid}/clone", Clone).RequireAuthorization(Policies.Researcher).Audited("experiment.clone", "experiment")
            .WithName("CloneExperiment").WithSummary("Write down a copy as a draft of your own");
        experiments.MapGet("/{id:guid}/probes", Probes).RequireAuthorization(Policies.Viewer).WithName("ListProbes").WithSummary("An experiment's probes");
        experiments.MapPost("/{id:guid}/probes", AddProbe).RequireAuthorization(Policies.Researcher).Audited("experiment.probe", "experiment")
            .WithName("AddProbe").WithSummary("Add a probe; an experiment that is done is queued again for it");
        experiments.MapGet("/{id:guid}/probes/{probeId:guid}", Probe).RequireAuthorization(Policies.Viewer).WithName("GetProbe")
            .WithSummary("A probe with its per-class table and confusion matrix");
        experiments.MapGet("/{id:guid}/history", History).RequireAuthorization(Policies.Viewer).WithName("ListEvents").WithSummary("Events after a number, in order");
        experiments.MapGet("/{id:guid}/logs", Logs).RequireAuthorization(Policies.Viewer).WithName("ListLogs").WithSummary("Log lines after a number, in order");
    }

    private static void MapAction(RouteGroupBuilder experiments, string name, Func<ExperimentService, Guid, CancellationToken, Task> act)
    {
        var title = char.ToUpperInvariant(name[0]) + name[1..];
        experiments.MapPost(
                "/{id:guid}/" + name,
                async Task<Accepted<ExperimentView>> (Guid id, ExperimentService service, RunEnvironmentReader environments, ClaimsPrincipal user, CancellationToken stop) =>
                {
                    await RequireMineAsync(service, id, user, stop);
                    await act(service, id, stop);
                    return TypedResults.Accepted($"/api/v1/experiments/{id}", ExperimentView.Of(await service.GetAsync(id, stop), await environments.ReadAsync(id, stop)));
                })
            .RequireAuthorization(Policies.Researcher).Audited("experiment." + name, "experiment").WithName(title + "Experiment").WithSummary(title + " an experiment");
    }

    private static async Task<Ok<Page<ExperimentSummary>>> List([AsParameters] ListQuery query, ExperimentList list, CancellationToken stop) =>
        TypedResults.Ok(await list.SearchAsync(query, stop));

    private static async Task<Created<ExperimentView>> Create(
        NewExperiment wanted, ExperimentService service, ClaimsPrincipal user, HttpResponse response,
        [Description("Whether it begins at once.")] bool launch = false, CancellationToken stop = default)
    {
        if (launch && (await service.PlanAsync(wanted, stop)).Refusal is { } refusal)
        {
            throw new ConflictException(refusal);
        }

        var experiment = await service.CreateAsync(wanted, user.UserId(), stop);
        if (launch)
        {
            await service.LaunchAsync(experiment.Id, stop);
            experiment = await service.GetAsync(experiment.Id, stop);
        }

        response.SetVersion(ExperimentEditor.VersionOf(experiment));
        return TypedResults.Created($"/api/v1/experiments/{experiment.Id}", ExperimentView.Of(experiment, []));
    }

    private static async Task<Ok<ExperimentPlan>> PlanUnsaved(NewExperiment wanted, ExperimentService service, CancellationToken stop) =>
        TypedResults.Ok(await service.PlanAsync(wanted, stop));

    private static async Task<Ok<ExperimentPlan>> Plan(Guid id, ExperimentService service, CancellationToken stop) =>
        TypedResults.Ok(await service.PlanAsync(id, stop));

    private static async Task<Ok<ExperimentView>> Get(
        Guid id, ExperimentService service, RunEnvironmentReader environments, HttpResponse response, CancellationToken stop)
    {
        var experiment = await service.GetAsync(id, stop);
        response.SetVersion(ExperimentEditor.VersionOf(experiment));
        return TypedResults.Ok(ExperimentView.Of(experiment, await environments.ReadAsync(id, stop)));
    }

    private static async Task<Ok<ExperimentView>> Edit(
        Guid id, ExperimentEdit edit, ExperimentService service, ExperimentEditor editor, RunEnvironmentReader environments, ClaimsPrincipal user,
        HttpContext context, CancellationToken stop)
    {
        await RequireMineAsync(service, id, user, stop);
        var experiment = await editor.EditAsync(id, edit, context.Request.RequireVersion(), stop);
        context.Response.SetVersion(ExperimentEditor.VersionOf(experiment));
        return TypedResults.Ok(ExperimentView.Of(experiment, await environments.ReadAsync(id, stop)));
    }

    private static async Task<NoContent> Delete(Guid id, ExperimentService service, ClaimsPrincipal user, CancellationToken stop)
    {
        await RequireMineAsync(service, id, user, stop);
        await service.DeleteAsync(id, stop);
        return TypedResults.NoContent();
    }

    private static async Task<Created<ExperimentView>> Clone(
        Guid id, ExperimentService service, ClaimsPrincipal user, HttpResponse response,
        [Description("The copy's name; without it the original's with '(copy)'.")] string? name = null, CancellationToken stop = default)
    {
        var copy = await service.CloneAsync(id, name, user.UserId(), stop);
        response.SetVersion(ExperimentEditor.VersionOf(copy));
        return TypedResults.Created($"/api/v1/experiments/{copy.Id}", ExperimentView.Of(copy, []));
    }

    private static async Task<Ok<IReadOnlyList<ProbeView>>> Probes(Guid id, ExperimentService service, CancellationToken stop) =>
        TypedResults.Ok<IReadOnlyList<ProbeView>>([.. (await service.GetAsync(id, stop)).Probes.OrderBy(probe => probe.Id).Select(ProbeView.Of)]);

    private static async Task<Created<ProbeView>> AddProbe(
        Guid id, NewProbe wanted, ExperimentService service, ExperimentEditor editor, ClaimsPrincipal user, CancellationToken stop)
    {
        await RequireMineAsync(service, id, user, stop);
        var probe = await editor.AddProbeAsync(id, wanted, stop);
        return TypedResults.Created($"/api/v1/experiments/{id}/probes/{probe.Id}", ProbeView.Of(probe));
    }

    private static async Task<Ok<ProbeResultView>> Probe(Guid id, Guid probeId, ExperimentService service, CancellationToken stop) =>
        TypedResults.Ok(ProbeResultView.Of((await service.GetAsync(id, stop)).Probes.SingleOrDefault(probe => probe.Id == probeId)
            ?? throw new MissingException("probe", probeId)));

    private static Task<Ok<EventPage>> History(
        Guid id, IDbContextFactory<StudioDbContext> stores,
        [Description("The number of the last event seen; 0 for all.")] long after = 0, [Description("The most events, from 1 to 1000.")] int limit = MostEvents,
        CancellationToken stop = default) => ReadAsync(stores, id, after, limit, null, stop);

    private static Task<Ok<EventPage>> Logs(
        Guid id, IDbContextFactory<StudioDbContext> stores,
        [Description("The number of the last event seen; 0 for all.")] long after = 0, [Description("The most lines, from 1 to 1000.")] int limit = MostEvents,
        CancellationToken stop = default) => ReadAsync(stores, id, after, limit, "log", stop);

    private static async Task<Ok<EventPage>> ReadAsync(
        IDbContextFactory<StudioDbContext> stores, Guid id, long after, int limit, string? kind, CancellationToken stop)
    {
        if (after < 0 || limit is < 1 or > MostEvents)
        {
            throw new InputException(after < 0 ? "after" : "limit", after < 0 ? "This must not be negative." : $"The limit must be from 1 to {MostEvents}.");
        }

        await using var store = await stores.CreateDbContextAsync(stop);
        var last = await store.Experiments.Where(row => row.Id == id).Select(row => (long?)row.LastSequence).SingleOrDefaultAsync(stop)
            ?? throw new MissingException("experiment", id);
        var entries = await store.ExperimentEvents.AsNoTracking()
            .Where(entry => entry.ExperimentId == id && entry.Sequence > after && (kind == null || entry.Kind == kind))
            .OrderBy(entry => entry.Sequence).Take(limit).ToListAsync(stop);
        return TypedResults.Ok(new EventPage([.. entries.Select(EventView.Of)], last));
    }

    private static async Task RequireMineAsync(ExperimentService service, Guid id, ClaimsPrincipal user, CancellationToken stop) =>
        user.RequireMayChange((await service.GetAsync(id, stop)).OwnerId, "experiment");
}

/// <summary>Events of an experiment.</summary>
/// <param name="Items">The events in order.</param>
/// <param name="LastSequence">The number of the experiment's last event at this moment.</param>
public sealed record EventPage(IReadOnlyList<EventView> Items, long LastSequence);

/// <summary>One event.</summary>
/// <param name="Sequence">Its number, from 1 and without gaps.</param>
/// <param name="Kind">What happened: <c>state</c>, <c>progress</c>, <c>images</c>, <c>metrics</c>, <c>probe</c>, <c>environment</c>, <c>log</c>.</param>
/// <param name="Payload">Its facts.</param>
/// <param name="At">When it was written down.</param>
public sealed record EventView(long Sequence, string Kind, JsonElement Payload, DateTimeOffset At)
{
    internal static EventView Of(ExperimentEvent entry)
    {
        using var payload = JsonDocument.Parse(entry.Payload);
        return new(entry.Sequence, entry.Kind, payload.RootElement.Clone(), entry.At);
    }
}
