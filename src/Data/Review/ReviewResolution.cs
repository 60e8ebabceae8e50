using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;
using StableRep.Data.ImageSets;

namespace StableRep.Data.Review;

/// <summary>The last word on an image about which reviewers disagree.</summary>
public sealed class ReviewResolution
{
    /// <summary>The image.</summary>
    public required long ImageId { get; init; }

    /// <summary>Approve or reject.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Who decided, or null when that account is gone.</summary>
    public Guid? ResolverId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReviewResolution>
    {
        public void Configure(EntityTypeBuilder<ReviewResolution> builder)
        {
            builder.HasKey(resolution => resolution.ImageId);
            builder.Property(resolution => resolution.ImageId).ValueGeneratedNever();
            builder.Property(resolution => resolution.Verdict)
                .HasConversion(value => ModelBuilderExtensions.Name(value), text => Enum.Parse<Verdict>(text, true)).HasMaxLength(10);
            builder.HasOne<GeneratedImage>().WithOne().HasForeignKey<ReviewResolution>(resolution => resolution.ImageId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(resolution => resolution.ResolverId).OnDelete(DeleteBehavior.SetNull);
            builder.ToTable(table => table.HasCheckConstraint("ck_review_resolutions_verdict", "verdict in ('approve', 'reject')"));
        }
    }
}
