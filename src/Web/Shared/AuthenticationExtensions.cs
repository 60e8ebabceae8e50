using Microsoft.AspNetCore.Components.Authorization;
using StableRep.Api.Accounts;

namespace StableRep.Web.Shared;

/// <summary>Who looks at a page.</summary>
public static class AuthenticationExtensions
{
    /// <summary>The person's id, or null for nobody.</summary>
    public static async Task<Guid?> UserIdAsync(this Task<AuthenticationState> state) => (await state).User.UserId();
}
