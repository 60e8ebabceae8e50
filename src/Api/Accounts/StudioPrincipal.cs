using System.Security.Claims;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Who is asking, whichever way they proved it.</summary>
public static class StudioPrincipal
{
    private const string DisplayNameClaim = "display_name";

    /// <summary>The person's id, or null for nobody.</summary>
    public static Guid? UserId(this ClaimsPrincipal user) =>
        Guid.TryParse(user.FindFirstValue(ClaimTypes.NameIdentifier), out var id) ? id : null;

    /// <summary>The name that others see.</summary>
    public static string DisplayName(this ClaimsPrincipal user) => user.FindFirstValue(DisplayNameClaim) ?? user.Identity?.Name ?? "nobody";

    /// <summary>What the person may do here, or null for nobody. A token's scopes may have lowered it.</summary>
    public static StudioRole? Role(this ClaimsPrincipal user) =>
        Enum.TryParse<StudioRole>(user.FindFirstValue(ClaimTypes.Role), ignoreCase: true, out var role) ? role : null;

    /// <summary>Whether the person has a role or one that includes it.</summary>
    public static bool Is(this ClaimsPrincipal user, StudioRole role) => user.Role() >= role;

    /// <summary>Whether the person may change what belongs to somebody: their own things, and an admin everything.</summary>
    public static bool MayChange(this ClaimsPrincipal user, Guid? ownerId) =>
        user.Is(StudioRole.Admin) || (user.Is(StudioRole.Researcher) && ownerId is not null && user.UserId() == ownerId);

    /// <summary>A person who proved to be it by a scheme of authentication.</summary>
    internal static ClaimsIdentity Create(StudioUser user, StudioRole role, string scheme) => new(
        [
            new Claim(ClaimTypes.NameIdentifier, user.Id.ToString()),
            new Claim(ClaimTypes.Name, user.UserName!),
            new Claim(DisplayNameClaim, user.DisplayName),
            new Claim(ClaimTypes.Role, role.Name()),
        ],
        scheme);
}
