using Microsoft.AspNetCore.Identity;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Keeps disabled people out.</summary>
internal sealed class EnabledUsers : IUserConfirmation<StudioUser>
{
    public Task<bool> IsConfirmedAsync(UserManager<StudioUser> manager, StudioUser user) => Task.FromResult(user.DisabledAt is null);
}
