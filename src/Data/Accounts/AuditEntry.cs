using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Accounts;

/// <summary>One thing that somebody did. Kept when the person or the thing is deleted.</summary>
public sealed class AuditEntry
{
    /// <summary>The entry's number, in order of time.</summary>
    public long Id { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who, or null for the studio itself.</summary>
    public Guid? UserId { get; init; }

    /// <summary>The person's name at that time.</summary>
    public required string UserName { get; init; }

    /// <summary>What was done, such as <c>experiment.launch</c>.</summary>
    public required string Action { get; init; }

    /// <summary>To what, such as <c>experiment</c> and its id.</summary>
    public required string Target { get; init; }

    /// <summary>Further facts as JSON; never a secret.</summary>
    public string? Details { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<AuditEntry>
    {
        public void Configure(EntityTypeBuilder<AuditEntry> builder)
        {
            builder.ToTable("audit_entries");
            builder.Property(entry => entry.UserName).HasMaxLength(256);
            builder.Property(entry => entry.Action).HasMaxLength(100);
            builder.Property(entry => entry.Target).HasMaxLength(300);
            builder.Property(entry => entry.Details).HasColumnType("jsonb");
            builder.HasIndex(entry => entry.At);
            builder.HasIndex(entry => entry.Target);
        }
    }
}
