using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Identity's manager of users, whose lockouts go by the node's clock: Identity's own asks the system's.</summary>
internal sealed class StudioUserManager(
    IUserStore<StudioUser> store, IOptions<IdentityOptions> options, IPasswordHasher<StudioUser> hasher,
    IEnumerable<IUserValidator<StudioUser>> userValidators, IEnumerable<IPasswordValidator<StudioUser>> passwordValidators,
    ILookupNormalizer normalizer, IdentityErrorDescriber errors, IServiceProvider services, ILogger<UserManager<StudioUser>> logger, TimeProvider clock)
    : UserManager<StudioUser>(store, options, hasher, userValidators, passwordValidators, normalizer, errors, services, logger)
{
    public override Task<bool> IsLockedOutAsync(StudioUser user) => Task.FromResult(user.LockoutEnabled && user.LockoutEnd > clock.GetUtcNow());

    public override Task<IdentityResult> AccessFailedAsync(StudioUser user)
    {
        user.AccessFailedCount++;
        if (user.AccessFailedCount >= Options.Lockout.MaxFailedAccessAttempts)
        {
            (user.AccessFailedCount, user.LockoutEnd) = (0, clock.GetUtcNow() + Options.Lockout.DefaultLockoutTimeSpan);
        }

        return UpdateAsync(user);
    }
}
