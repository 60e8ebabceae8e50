using Microsoft.AspNetCore.Identity;

namespace StableRep.Data.Accounts;

/// <summary>A person who may use the studio.</summary>
public sealed class StudioUser : IdentityUser<Guid>
{
    /// <summary>The person of the single-user mode: a row like any other, but nobody can log in with it.</summary>
    public static readonly Guid LocalId = new("00000000-0000-4000-8000-000000000001");

    /// <summary>The name that others see.</summary>
    public required string DisplayName { get; set; }

    /// <summary>When the account was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Since when the person is kept out, or null.</summary>
    public DateTimeOffset? DisabledAt { get; set; }
}
