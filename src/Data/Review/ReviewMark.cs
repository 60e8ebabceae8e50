using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;
using StableRep.Data.ImageSets;

namespace StableRep.Data.Review;

/// <summary>One person's verdict on one image.</summary>
public sealed class ReviewMark
{
    /// <summary>The image.</summary>
    public required long ImageId { get; init; }

    /// <summary>The person.</summary>
    public required Guid ReviewerId { get; init; }

    /// <summary>The verdict, or null when the image is only rated, tagged or commented on.</summary>
    public Verdict? Verdict { get; set; }

    /// <summary>A rating from 1 to 5, or null.</summary>
    public int? Rating { get; set; }

    /// <summary>Tags.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>A comment.</summary>
    public string Comment { get; set; } = "";

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset At { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReviewMark>
    {
        public void Configure(EntityTypeBuilder<ReviewMark> builder)
        {
            builder.HasKey(mark => new { mark.ImageId, mark.ReviewerId });
            builder.Property(mark => mark.Verdict)
                .HasConversion(value => value == null ? null : ModelBuilderExtensions.Name(value.Value), text => text == null ? null : Enum.Parse<Verdict>(text, true))
                .HasMaxLength(10);
            builder.Property(mark => mark.Comment).HasMaxLength(4000);
            builder.HasOne<GeneratedImage>().WithMany().HasForeignKey(mark => mark.ImageId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(mark => mark.ReviewerId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable(table =>
            {
                table.HasCheckConstraint("ck_review_marks_verdict", "verdict in ('approve', 'reject', 'flag')");
                table.HasCheckConstraint("ck_review_marks_rating", "rating between 1 and 5");
            });
        }
    }
}

/// <summary>What a person thinks of an image.</summary>
public enum Verdict
{
    /// <summary>Good.</summary>
    Approve,

    /// <summary>Bad: training leaves it out.</summary>
    Reject,

    /// <summary>Somebody else should look at it.</summary>
    Flag,
}
