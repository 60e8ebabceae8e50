using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace StableRep.Data.Accounts;

/// <summary>What every store begins with: the three roles and the person of the single-user mode.</summary>
internal static class AccountSeed
{
    public static void Seed(ModelBuilder builder)
    {
        builder.Entity<IdentityRole<Guid>>().HasData(Enum.GetValues<StudioRole>().Select(role => new IdentityRole<Guid>
        {
            Id = role.RowId(),
            Name = role.Name(),
            NormalizedName = role.Name().ToUpperInvariant(),
            ConcurrencyStamp = role.Name(),
        }));
        builder.Entity<StudioUser>().HasData(new StudioUser
        {
            Id = StudioUser.LocalId,
            UserName = "local",
            NormalizedUserName = "LOCAL",
            DisplayName = "Local user",
            SecurityStamp = "local",
            ConcurrencyStamp = "local",
            CreatedAt = DateTimeOffset.UnixEpoch,
        });
        builder.Entity<IdentityUserRole<Guid>>().HasData(new IdentityUserRole<Guid> { UserId = StudioUser.LocalId, RoleId = StudioRole.Admin.RowId() });
    }
}
