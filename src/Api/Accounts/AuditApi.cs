using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Http.Lists;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>The audit log.</summary>
internal static class AuditApi
{
    public static void MapAudit(this IEndpointRouteBuilder api) =>
        api.MapGet("/audit", List).RequireAuthorization(Policies.Admin).WithTags("Accounts").WithName("ListAudit")
            .WithSummary("Who did what; filter and order by at, user_name, user_id, action and target");

    private static async Task<Ok<Page<AuditView>>> List([AsParameters] ListQuery query, AuditLog audit, CancellationToken stop) =>
        TypedResults.Ok((await audit.ListAsync(query, stop)).Map(Show));

    private static AuditView Show(AuditEntry entry) => new(
        entry.Id, entry.At, entry.UserId, entry.UserName, entry.Action, entry.Target,
        entry.Details is null ? null : JsonElement.Parse(entry.Details));
}

/// <summary>One thing that somebody did.</summary>
public sealed record AuditView(long Id, DateTimeOffset At, Guid? UserId, string UserName, string Action, string Target, JsonElement? Details);
