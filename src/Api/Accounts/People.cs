using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>A person as admins see them.</summary>
/// <param name="Id">The person's id.</param>
/// <param name="UserName">The name to log in with.</param>
/// <param name="DisplayName">The name that others see.</param>
/// <param name="Role">What the person may do.</param>
/// <param name="HasPassword">Whether the person has accepted the invitation.</param>
/// <param name="CreatedAt">When the account was made.</param>
/// <param name="DisabledAt">Since when the person is kept out, or null.</param>
/// <param name="LockedUntil">Until when too many wrong passwords keep the person out, or null.</param>
public sealed record Person(
    Guid Id, string UserName, string DisplayName, StudioRole Role, bool HasPassword, DateTimeOffset CreatedAt, DateTimeOffset? DisabledAt, DateTimeOffset? LockedUntil)
{
    /// <summary>Whether this is the person of the single-user mode, who was never invited and has no password.</summary>
    public bool IsLocal => Id == StudioUser.LocalId;
}

/// <summary>Somebody to invite.</summary>
public sealed record NewPerson
{
    /// <summary>The name to log in with.</summary>
    public required string UserName { get; init; }

    /// <summary>The name that others see; the user name without it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What the person may do.</summary>
    public StudioRole Role { get; init; } = StudioRole.Viewer;
}

/// <summary>A person and the link, good once and for three days, with which they choose a password.</summary>
/// <param name="Id">The person's id.</param>
/// <param name="Path">The link's path on any web node.</param>
/// <param name="User">The person.</param>
public sealed record Invitation(Guid Id, string Path, Person User);

/// <summary>What to change about a person; what is null stays.</summary>
public sealed record PersonChange
{
    /// <summary>The name that others see.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What the person may do.</summary>
    public StudioRole? Role { get; init; }

    /// <summary>Whether the person is kept out.</summary>
    public bool? Disabled { get; init; }
}
