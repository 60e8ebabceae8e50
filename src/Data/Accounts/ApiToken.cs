using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Accounts;

/// <summary>A secret with which a script acts for a user. Only its hash is stored.</summary>
public sealed class ApiToken
{
    /// <summary>The token's id; not secret.</summary>
    public required Guid Id { get; init; }

    /// <summary>Whom the token acts for.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What its owner calls it.</summary>
    public required string Name { get; set; }

    /// <summary>SHA-256 of the secret, 32 bytes.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>The secret's first characters, so that people can tell tokens apart.</summary>
    public required string Prefix { get; init; }

    /// <summary>What the token may do: <c>read</c>, <c>write</c>, <c>admin</c>.</summary>
    public required string[] Scopes { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it stops working, or null.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was last used, to the minute.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ApiToken>
    {
        public void Configure(EntityTypeBuilder<ApiToken> builder)
        {
            builder.HasIndex(token => token.Hash).IsUnique();
            builder.Property(token => token.Name).HasMaxLength(200);
            builder.Property(token => token.Prefix).HasMaxLength(16);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(token => token.UserId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
