using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;
using StableRep.Data.ImageSets;

namespace StableRep.Data.Review;

/// <summary>A range of an image set's captions that one person is to review. Ranges of several people may overlap.</summary>
public sealed class ReviewAssignment
{
    /// <summary>The assignment's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>Who is to review the range.</summary>
    public required Guid ReviewerId { get; init; }

    /// <summary>The first caption's index.</summary>
    public required int FirstCaption { get; init; }

    /// <summary>The number of captions.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>When it was assigned.</summary>
    public required DateTimeOffset At { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReviewAssignment>
    {
        public void Configure(EntityTypeBuilder<ReviewAssignment> builder)
        {
            builder.HasIndex(assignment => new { assignment.ImageSetId, assignment.FirstCaption });
            builder.HasOne<ImageSet>().WithMany().HasForeignKey(assignment => assignment.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(assignment => assignment.ReviewerId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable(table => table.HasCheckConstraint("ck_review_assignments_range", "first_caption >= 0 and caption_count > 0"));
        }
    }
}
