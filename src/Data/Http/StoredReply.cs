using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;

namespace StableRep.Data.Http;

/// <summary>The reply to a request that carried an idempotency key, kept for a day to be given again.</summary>
public sealed class StoredReply
{
    /// <summary>Who asked.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The key.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the request, 32 bytes.</summary>
    public required byte[] RequestHash { get; init; }

    /// <summary>The reply's status.</summary>
    public required int Status { get; init; }

    /// <summary>The headers that belong to the reply, as a JSON object.</summary>
    public required string Headers { get; init; }

    /// <summary>The reply's body.</summary>
    public required byte[] Body { get; init; }

    /// <summary>When it was given.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<StoredReply>
    {
        public void Configure(EntityTypeBuilder<StoredReply> builder)
        {
            builder.ToTable("stored_replies");
            builder.HasKey(reply => new { reply.UserId, reply.Key });
            builder.Property(reply => reply.Key).HasMaxLength(200);
            builder.Property(reply => reply.Headers).HasColumnType("jsonb");
            builder.HasIndex(reply => reply.CreatedAt);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(reply => reply.UserId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
