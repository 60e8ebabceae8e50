using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;
using StableRep.Data.Generators;

namespace StableRep.Data.Playground;

/// <summary>A few images that somebody wants to look at now. They are kept for a day and belong to no image set.</summary>
public sealed class Preview
{
    /// <summary>The preview's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Who asked for it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>What was asked for, as JSON.</summary>
    public required string Request { get; init; }

    /// <summary>Where it stands.</summary>
    public PreviewState State { get; set; }

    /// <summary>How many images were asked for.</summary>
    public required int ImageCount { get; init; }

    /// <summary>How many of them, in their order, are in the artifact store.</summary>
    public int DoneCount { get; set; }

    /// <summary>What was measured of the images so far, as JSON.</summary>
    public string Measures { get; set; } = "[]";

    /// <summary>Why it failed, or null.</summary>
    public string? Failure { get; set; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<Preview>
    {
        public void Configure(EntityTypeBuilder<Preview> builder)
        {
            builder.ToTable("previews", table => table.HasCheckConstraint("ck_previews_done", "done_count between 0 and image_count"));
            builder.Property(preview => preview.Request).HasColumnType("jsonb");
            builder.Property(preview => preview.Measures).HasColumnType("jsonb");
            builder.Property(preview => preview.Failure).HasMaxLength(4000);
            builder.HasEnum(preview => preview.State);
            builder.HasIndex(preview => preview.CreatedAt);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(preview => preview.OwnerId).OnDelete(DeleteBehavior.SetNull);
            builder.HasOne<Generator>().WithMany().HasForeignKey(preview => preview.GeneratorId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}

/// <summary>Where a preview stands.</summary>
public enum PreviewState
{
    /// <summary>It waits for a worker.</summary>
    Pending,

    /// <summary>A worker is at it.</summary>
    Running,

    /// <summary>All of its images are there.</summary>
    Done,

    /// <summary>It cannot be made; the row says why.</summary>
    Failed,

    /// <summary>Nobody wants it any more.</summary>
    Cancelled,
}
