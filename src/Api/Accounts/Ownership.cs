using System.Security.Claims;
using StableRep.Api.Http;

namespace StableRep.Api.Accounts;

/// <summary>Whose things a person may change.</summary>
public static class Ownership
{
    /// <summary>Refuses a change of what is somebody else's.</summary>
    /// <exception cref="ForbiddenException">The person is neither its owner nor an admin.</exception>
    public static void RequireMayChange(this ClaimsPrincipal user, Guid? ownerId, string kind)
    {
        if (!user.MayChange(ownerId))
        {
            throw new ForbiddenException($"This {kind} is somebody else's: ask its owner or an admin, or make your own.");
        }
    }
}
