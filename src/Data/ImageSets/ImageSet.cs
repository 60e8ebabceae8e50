using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.CaptionSets;
using StableRep.Data.Generators;

namespace StableRep.Data.ImageSets;

/// <summary>
/// The images of one caption set by one generator with one set of settings. Content-addressed: experiments with the same settings share
/// it, and it is never generated twice.
/// </summary>
public sealed class ImageSet
{
    /// <summary>The set's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>SHA-256 over every setting that decides the pixels, in hexadecimal.</summary>
    public required string ContentKey { get; init; }

    /// <summary>The captions.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>The guidance scale; 1 means no guidance.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>Images per prompt, m: the size of a positive set.</summary>
    public required int ImagesPerPrompt { get; init; }

    /// <summary>The sampler's name, such as <c>dpm++2m</c>.</summary>
    public required string Sampler { get; init; }

    /// <summary>Denoising steps.</summary>
    public required int Steps { get; init; }

    /// <summary>The seed from which each image's noise is derived.</summary>
    public required long Seed { get; init; }

    /// <summary>What the images should not show; empty for none.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>The guidance rescale factor, 0 for none.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>The captions used: the first this many of the set.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>When it was first asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The shards, the units of generation work.</summary>
    public List<Shard> Shards { get; init; } = [];

    internal sealed class Configuration : IEntityTypeConfiguration<ImageSet>
    {
        public void Configure(EntityTypeBuilder<ImageSet> builder)
        {
            builder.Property(set => set.ContentKey).HasMaxLength(64).IsFixedLength();
            builder.Property(set => set.Sampler).HasMaxLength(40);
            builder.HasIndex(set => set.ContentKey).IsUnique();
            builder.HasOne<CaptionSet>().WithMany().HasForeignKey(set => set.CaptionSetId).OnDelete(DeleteBehavior.Restrict);
            builder.HasOne<Generator>().WithMany().HasForeignKey(set => set.GeneratorId).OnDelete(DeleteBehavior.Restrict);
            builder.HasMany(set => set.Shards).WithOne().HasForeignKey(shard => shard.ImageSetId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable(table =>
            {
                table.HasCheckConstraint("ck_image_sets_guidance_scale", "guidance_scale between 0 and 100");
                table.HasCheckConstraint("ck_image_sets_images_per_prompt", "images_per_prompt between 1 and 1000");
                table.HasCheckConstraint("ck_image_sets_steps", "steps between 1 and 1000");
                table.HasCheckConstraint("ck_image_sets_guidance_rescale", "guidance_rescale between 0 and 1");
                table.HasCheckConstraint("ck_image_sets_caption_count", "caption_count > 0");
            });
        }
    }
}
