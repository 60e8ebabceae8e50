using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;

namespace StableRep.Api.Storage;

/// <summary>The API of storage.</summary>
internal static class StorageApi
{
    public static void MapStorage(this IEndpointRouteBuilder api)
    {
        api.MapGet("/storage", GetAsync).RequireAuthorization(Policies.Admin).WithTags("Storage").WithName("GetStorage")
            .WithSummary("What takes how much space, and what can be given back.");
        api.MapPost("/storage:reclaim", ReclaimAsync).RequireAuthorization(Policies.Admin).WithTags("Storage").WithName("ReclaimStorage")
            .WithSummary("Gives back the space of things that nothing needs. What is in use is never deleted.");
    }

    private static async Task<Ok<StorageReport>> GetAsync(StorageService storage, CancellationToken cancellationToken) =>
        TypedResults.Ok(await storage.ReportAsync(cancellationToken));

    private static async Task<Ok<IReadOnlyList<StorageUse>>> ReclaimAsync(
        Reclaim wanted, StorageService storage, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        TypedResults.Ok(await storage.ReclaimAsync(wanted.Kinds, user, cancellationToken));

    /// <summary>What to give back.</summary>
    /// <param name="Kinds">Kinds whose <c>isReclaimable</c> is true.</param>
    internal sealed record Reclaim(IReadOnlyList<StorageKind> Kinds);
}
