using System.ComponentModel;

namespace StableRep.Api.Accounts;

/// <summary>A token that somebody wants.</summary>
public sealed record NewToken
{
    /// <summary>What its owner calls it.</summary>
    public required string Name { get; init; }

    /// <summary>What it may do.</summary>
    [Description("Any of read, write and admin, up to your own role.")]
    public IReadOnlyList<string> Scopes { get; init; } = ["read"];

    /// <summary>When it stops working, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A token as it is shown: never its secret.</summary>
public sealed record TokenView(
    Guid Id, Guid UserId, string UserName, string Name, string Prefix, IReadOnlyList<string> Scopes,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>A token just made, with the secret that is shown this once.</summary>
public sealed record CreatedToken(Guid Id, string Secret, TokenView Token);
