using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.ImageSets;

namespace StableRep.Data.Review;

/// <summary>How one image set is reviewed. A set without a row is reviewed openly.</summary>
public sealed class ReviewSettings
{
    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>Whether two people judge each image without seeing what the other thinks.</summary>
    public bool Blind { get; set; }

    /// <summary>When the settings were last changed.</summary>
    public required DateTimeOffset ChangedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<ReviewSettings>
    {
        public void Configure(EntityTypeBuilder<ReviewSettings> builder)
        {
            builder.HasKey(settings => settings.ImageSetId);
            builder.HasOne<ImageSet>().WithOne().HasForeignKey<ReviewSettings>(settings => settings.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable("review_settings");
        }
    }
}
