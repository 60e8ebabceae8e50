using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Generators;

/// <summary>A text-to-image checkpoint in the diffusers folder layout that nodes can load.</summary>
public sealed class Generator
{
    /// <summary>The generator's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The name of its folder under the data folder's <c>generators</c>.</summary>
    public required string Name { get; set; }

    /// <summary>The content hash of its component files.</summary>
    public required string Hash { get; init; }

    /// <summary>Where it came from: a hub's repository or <c>bundled</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Width and height of its images in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>The component's configurations, as JSON.</summary>
    public required string Config { get; init; }

    /// <summary>When it was installed.</summary>
    public required DateTimeOffset InstalledAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<Generator>
    {
        public void Configure(EntityTypeBuilder<Generator> builder)
        {
            builder.Property(generator => generator.Name).HasMaxLength(200);
            builder.Property(generator => generator.Hash).HasMaxLength(64);
            builder.Property(generator => generator.Source).HasMaxLength(400);
            builder.Property(generator => generator.Config).HasColumnType("jsonb");
            builder.HasIndex(generator => generator.Name).IsUnique();
            builder.HasIndex(generator => generator.Hash).IsUnique();
            builder.ToTable(table => table.HasCheckConstraint("ck_generators_image_size", "image_size between 8 and 4096"));
        }
    }
}
