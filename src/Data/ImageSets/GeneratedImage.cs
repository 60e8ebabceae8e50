using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.ImageSets;

/// <summary>One image of an image set: where its bytes lie and which noise made it.</summary>
public sealed class GeneratedImage
{
    /// <summary>The image's id.</summary>
    public long Id { get; init; }

    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The shard that holds its bytes.</summary>
    public required Guid ShardId { get; init; }

    /// <summary>The caption's index in its set.</summary>
    public required int CaptionIndex { get; init; }

    /// <summary>The image's number among those of its caption, from 0; numbers past the images per prompt are regenerated images.</summary>
    public required int ImageIndex { get; init; }

    /// <summary>The seed from which, with the caption's index and the image's number, its noise follows.</summary>
    public required long Seed { get; init; }

    /// <summary>The offset of its bytes in the shard.</summary>
    public required long Offset { get; init; }

    /// <summary>The number of its bytes.</summary>
    public required int Length { get; init; }

    /// <summary>The rejected image that this one replaces, or null.</summary>
    public long? ReplacesId { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<GeneratedImage>
    {
        public void Configure(EntityTypeBuilder<GeneratedImage> builder)
        {
            builder.ToTable("images", table => table.HasCheckConstraint(
                "ck_images_range", "caption_index >= 0 and image_index >= 0 and \"offset\" >= 0 and length > 0"));
            builder.HasIndex(image => new { image.ImageSetId, image.CaptionIndex, image.ImageIndex }).IsUnique();
            builder.HasIndex(image => image.ShardId);
            builder.HasOne<ImageSet>().WithMany().HasForeignKey(image => image.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<Shard>().WithMany().HasForeignKey(image => image.ShardId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<GeneratedImage>().WithMany().HasForeignKey(image => image.ReplacesId).OnDelete(DeleteBehavior.SetNull);
        }
    }
}
