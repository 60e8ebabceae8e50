using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;

namespace StableRep.Data.ImageSets;

/// <summary>The wish for another image in the place of a rejected one, made from the caption's next noise. An image is replaced once.</summary>
public sealed class Regeneration
{
    /// <summary>The rejected image.</summary>
    public required long ReplacesId { get; init; }

    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The caption's index.</summary>
    public required int CaptionIndex { get; init; }

    /// <summary>The new image's number among those of its caption: past the images per prompt.</summary>
    public required int ImageIndex { get; init; }

    /// <summary>The shard that is to hold the new image.</summary>
    public required Guid ShardId { get; init; }

    /// <summary>Who wants it, or null when that account is gone.</summary>
    public Guid? RequesterId { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset At { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<Regeneration>
    {
        public void Configure(EntityTypeBuilder<Regeneration> builder)
        {
            builder.HasKey(wish => wish.ReplacesId);
            builder.Property(wish => wish.ReplacesId).ValueGeneratedNever();
            builder.HasIndex(wish => new { wish.ImageSetId, wish.CaptionIndex, wish.ImageIndex }).IsUnique();
            builder.HasIndex(wish => wish.ShardId);
            builder.HasOne<GeneratedImage>().WithOne().HasForeignKey<Regeneration>(wish => wish.ReplacesId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<ImageSet>().WithMany().HasForeignKey(wish => wish.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<Shard>().WithMany().HasForeignKey(wish => wish.ShardId).OnDelete(DeleteBehavior.Cascade);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(wish => wish.RequesterId).OnDelete(DeleteBehavior.SetNull);
            builder.ToTable(table => table.HasCheckConstraint("ck_regenerations_place", "caption_index >= 0 and image_index >= 0"));
        }
    }
}
