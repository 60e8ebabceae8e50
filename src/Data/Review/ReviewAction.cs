using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;
using StableRep.Data.ImageSets;

namespace StableRep.Data.Review;

/// <summary>One thing that a reviewer did to the marks of one or many images: what an undo takes back.</summary>
public sealed class ReviewAction
{
    /// <summary>The action's id, in the order of time.</summary>
    public required Guid Id { get; init; }

    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The person.</summary>
    public required Guid ReviewerId { get; init; }

    /// <summary>When it was done.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When it was taken back, or null.</summary>
    public DateTimeOffset? UndoneAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReviewAction>
    {
        public void Configure(EntityTypeBuilder<ReviewAction> builder)
        {
            builder.HasIndex(action => new { action.ImageSetId, action.ReviewerId, action.Id }).HasFilter("undone_at is null");
            builder.HasOne<ImageSet>().WithMany().HasForeignKey(action => action.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(action => action.ReviewerId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}

/// <summary>What one image's mark was before an action.</summary>
public sealed class ReviewChange
{
    /// <summary>The action.</summary>
    public required Guid ActionId { get; init; }

    /// <summary>The image.</summary>
    public required long ImageId { get; init; }

    /// <summary>The mark's row as JSON, or null where there was none.</summary>
    public string? Before { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReviewChange>
    {
        public void Configure(EntityTypeBuilder<ReviewChange> builder)
        {
            builder.HasKey(change => new { change.ActionId, change.ImageId });
            builder.Property(change => change.Before).HasColumnType("jsonb");
            builder.HasOne<ReviewAction>().WithMany().HasForeignKey(change => change.ActionId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<GeneratedImage>().WithMany().HasForeignKey(change => change.ImageId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
