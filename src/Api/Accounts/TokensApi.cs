using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Http;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Tokens.</summary>
internal static class TokensApi
{
    public static void MapTokens(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/tokens").WithTags("Accounts");
        group.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListTokens").WithSummary("Your tokens; with all=true everybody's, for admins");
        group.MapPost("/", Create).RequireAuthorization(Policies.Viewer).WithMetadata(new SecretReply()).WithName("CreateToken").WithSummary("Make a token; its secret is shown this once");
        group.MapDelete("/{id:guid}", Revoke).RequireAuthorization(Policies.Viewer).WithName("RevokeToken").WithSummary("End a token at once");
    }

    private static async Task<Ok<IReadOnlyList<TokenView>>> List(TokenService tokens, ClaimsPrincipal user, bool all = false, CancellationToken stop = default) =>
        !all ? TypedResults.Ok(await tokens.ListAsync(user.UserId(), stop))
            : user.Is(StudioRole.Admin) ? TypedResults.Ok(await tokens.ListAsync(null, stop))
            : throw new ForbiddenException("Only admins see everybody's tokens.");

    private static async Task<Created<CreatedToken>> Create(NewToken wanted, TokenService tokens, ClaimsPrincipal user, CancellationToken stop)
    {
        var created = await tokens.CreateAsync(user, wanted, stop);
        return TypedResults.Created($"/api/v1/tokens/{created.Id}", created);
    }

    private static async Task<NoContent> Revoke(Guid id, TokenService tokens, ClaimsPrincipal user, CancellationToken stop)
    {
        await tokens.RevokeAsync(user, id, stop);
        return TypedResults.NoContent();
    }
}
