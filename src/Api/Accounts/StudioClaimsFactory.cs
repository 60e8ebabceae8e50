using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Gives the people who log in the same claims as those who show a token.</summary>
internal sealed class StudioClaimsFactory(UserManager<StudioUser> users, IOptions<IdentityOptions> options)
    : UserClaimsPrincipalFactory<StudioUser>(users, options)
{
    protected override async Task<ClaimsIdentity> GenerateClaimsAsync(StudioUser user)
    {
        var roles = await UserManager.GetRolesAsync(user);
        var role = Enum.GetValues<StudioRole>().Where(role => roles.Contains(role.Name())).DefaultIfEmpty(StudioRole.Viewer).Max();
        var identity = StudioPrincipal.Create(user, role, IdentityConstants.ApplicationScheme);
        identity.AddClaim(new Claim(Options.ClaimsIdentity.SecurityStampClaimType, user.SecurityStamp!));
        return identity;
    }
}
