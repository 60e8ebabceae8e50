using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http.Lists;

namespace StableRep.Api.Sweeps;

/// <summary>The API of sweeps.</summary>
internal static class SweepsApi
{
    public static void MapSweeps(this IEndpointRouteBuilder api)
    {
        var sweeps = api.MapGroup("/sweeps").WithTags("Sweeps");
        sweeps.MapGet("", ListAsync).RequireAuthorization(Policies.Viewer).WithName("ListSweeps").WithSummary("Sweeps, the newest first.");
        sweeps.MapPost("", LaunchAsync).RequireAuthorization(Policies.Researcher).Audited("sweep.launch", "sweep").WithName("LaunchSweep")
            .WithSummary("Makes every experiment of a grid and launches them: all of it or nothing.");
        api.MapPost("/sweeps:plan", PlanAsync).RequireAuthorization(Policies.Researcher).WithTags("Sweeps").WithName("PlanSweep")
            .WithSummary("What launching a sweep would take. Nothing is written.");
        sweeps.MapGet("/{id:guid}", GetAsync).RequireAuthorization(Policies.Viewer).WithName("GetSweep").WithSummary("One sweep with its progress and results.");
        sweeps.MapPost("/{id:guid}:cancel", CancelAsync).RequireAuthorization(Policies.Researcher).Audited("sweep.cancel", "sweep").WithName("CancelSweep")
            .WithSummary("Stops, for good, every experiment that is under way or paused.");
        sweeps.MapPost("/{id:guid}:retry", RetryAsync).RequireAuthorization(Policies.Researcher).Audited("sweep.retry", "sweep").WithName("RetrySweep")
            .WithSummary("Tries every failed or cancelled experiment again.");
        sweeps.MapDelete("/{id:guid}", DeleteAsync).RequireAuthorization(Policies.Researcher).Audited("sweep.delete", "sweep").WithName("DeleteSweep")
            .WithSummary("Deletes a sweep with its experiments, or without them.");
    }

    private static async Task<Ok<Page<SweepSummary>>> ListAsync([AsParameters] ListQuery query, SweepService sweeps, CancellationToken cancellationToken) =>
        TypedResults.Ok(await sweeps.ListAsync(query, cancellationToken));

    private static async Task<Created<SweepDetails>> LaunchAsync(NewSweep wanted, SweepService sweeps, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var sweep = await sweeps.LaunchAsync(wanted, user.UserId(), cancellationToken);
        return TypedResults.Created($"/api/v1/sweeps/{sweep.Id}", sweep);
    }

    private static async Task<Ok<SweepPlan>> PlanAsync(NewSweep wanted, SweepService sweeps, CancellationToken cancellationToken) =>
        TypedResults.Ok(await sweeps.PlanAsync(wanted, cancellationToken));

    private static async Task<Ok<SweepDetails>> GetAsync(Guid id, SweepService sweeps, CancellationToken cancellationToken) =>
        TypedResults.Ok(await sweeps.GetAsync(id, cancellationToken));

    private static async Task<Ok<SweepChange>> CancelAsync(Guid id, SweepService sweeps, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        await CheckAsync(id, sweeps, user, cancellationToken);
        return TypedResults.Ok(new SweepChange(await sweeps.CancelAsync(id, cancellationToken)));
    }

    private static async Task<Ok<SweepChange>> RetryAsync(Guid id, SweepService sweeps, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        await CheckAsync(id, sweeps, user, cancellationToken);
        return TypedResults.Ok(new SweepChange(await sweeps.RetryAsync(id, cancellationToken)));
    }

    private static async Task<NoContent> DeleteAsync(
        Guid id, SweepService sweeps, ClaimsPrincipal user, bool keep_experiments = false, CancellationToken cancellationToken = default)
    {
        await CheckAsync(id, sweeps, user, cancellationToken);
        await sweeps.DeleteAsync(id, keep_experiments, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task CheckAsync(Guid id, SweepService sweeps, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        user.RequireMayChange((await sweeps.GetAsync(id, cancellationToken)).OwnerId, "sweep");

    /// <summary>What a change did.</summary>
    /// <param name="Experiments">The experiments that it changed.</param>
    internal sealed record SweepChange(int Experiments);
}
