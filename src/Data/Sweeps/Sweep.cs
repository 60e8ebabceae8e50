using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;

namespace StableRep.Data.Sweeps;

/// <summary>A grid of experiments launched together.</summary>
public sealed class Sweep
{
    /// <summary>The sweep's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; set; }

    /// <summary>The axes and the settings that all its experiments share, as JSON.</summary>
    public required string Definition { get; init; }

    /// <summary>Who made it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<Sweep>
    {
        public void Configure(EntityTypeBuilder<Sweep> builder)
        {
            builder.Property(sweep => sweep.Name).HasMaxLength(200);
            builder.Property(sweep => sweep.Definition).HasColumnType("jsonb");
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(sweep => sweep.OwnerId).OnDelete(DeleteBehavior.SetNull);
        }
    }
}
