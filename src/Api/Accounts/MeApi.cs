using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Who is asking.</summary>
internal static class MeApi
{
    public static void MapMe(this IEndpointRouteBuilder api) =>
        api.MapGet("/me", Get).RequireAuthorization(Policies.Viewer).WithTags("Accounts").WithName("GetMe").WithSummary("Who you are here, and what you may do");

    private static Ok<Me> Get(ClaimsPrincipal user) =>
        TypedResults.Ok(new Me(user.UserId()!.Value, user.Identity!.Name!, user.DisplayName(), user.Role()!.Value));
}

/// <summary>Who is asking.</summary>
/// <param name="Id">The person's id.</param>
/// <param name="UserName">The name to log in with.</param>
/// <param name="DisplayName">The name that others see.</param>
/// <param name="Role">What the person may do here; a token's scopes may have lowered it.</param>
public sealed record Me(Guid Id, string UserName, string DisplayName, StudioRole Role);
