using Microsoft.AspNetCore.Identity;

namespace StableRep.Data.Accounts;

/// <summary>A person who may use the studio.</summary>
public sealed class StudioUser : IdentityUser<Guid>
{
    /// <summary>The name that others see.</summary>
    public required string DisplayName { get; set; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}
