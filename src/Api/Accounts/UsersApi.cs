using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Http;

namespace StableRep.Api.Accounts;

/// <summary>People.</summary>
internal static class UsersApi
{
    public static void MapUsers(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/users").WithTags("Accounts").RequireAuthorization(Policies.Admin);
        group.MapGet("/", List).WithName("ListUsers").WithSummary("Everybody");
        group.MapPost("/", Invite).WithMetadata(new SecretReply()).WithName("InviteUser").WithSummary("Make an account and the link with which its person chooses a password");
        group.MapGet("/{id:guid}", Get).WithName("GetUser").WithSummary("One person");
        group.MapPatch("/{id:guid}", Change).WithName("ChangeUser").WithSummary("Change a person's name or role, keep them out or let them in again");
        group.MapPost("/{id:guid}/invitation", InviteAgain).WithMetadata(new SecretReply()).WithName("InviteUserAgain").WithSummary("Make a new link to choose a password");
    }

    private static async Task<Ok<IReadOnlyList<Person>>> List(AccountService accounts, CancellationToken stop) => TypedResults.Ok(await accounts.ListAsync(stop));

    private static async Task<Ok<Person>> Get(Guid id, AccountService accounts, CancellationToken stop) => TypedResults.Ok(await accounts.GetAsync(id, stop));

    private static async Task<Created<Invitation>> Invite(NewPerson wanted, AccountService accounts, ClaimsPrincipal user, CancellationToken stop)
    {
        var invitation = await accounts.InviteAsync(user, wanted, stop);
        return TypedResults.Created($"/api/v1/users/{invitation.Id}", invitation);
    }

    private static async Task<Ok<Person>> Change(Guid id, PersonChange change, AccountService accounts, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(await accounts.ChangeAsync(user, id, change, stop));

    private static async Task<Ok<Invitation>> InviteAgain(Guid id, AccountService accounts, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(await accounts.InviteAgainAsync(user, id, stop));
}
