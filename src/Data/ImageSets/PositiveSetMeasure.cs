using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.ImageSets;

/// <summary>What was measured of one caption's images when they were made.</summary>
public sealed class PositiveSetMeasure
{
    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The caption's index.</summary>
    public required int CaptionIndex { get; init; }

    /// <summary>1 - the mean cosine similarity of its pairs of images in small, in [0, 2]; 0 when all are the same.</summary>
    public required double Diversity { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<PositiveSetMeasure>
    {
        public void Configure(EntityTypeBuilder<PositiveSetMeasure> builder)
        {
            builder.HasKey(measure => new { measure.ImageSetId, measure.CaptionIndex });
            builder.HasOne<ImageSet>().WithMany().HasForeignKey(measure => measure.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable("positive_set_measures");
        }
    }
}
