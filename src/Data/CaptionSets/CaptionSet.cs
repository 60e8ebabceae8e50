using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;

namespace StableRep.Data.CaptionSets;

/// <summary>An uploaded, immutable, numbered list of captions. Its identity is the hash of its captions, so that it exists once.</summary>
public sealed class CaptionSet
{
    /// <summary>The set's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; set; }

    /// <summary>SHA-256 over the normalised captions, each followed by a newline, in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The number of captions, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>The uploaded file's name.</summary>
    public required string SourceName { get; init; }

    /// <summary>The file's format: <c>txt</c>, <c>csv</c>, <c>tsv</c>, <c>jsonl</c>, <c>json</c> or <c>parquet</c>.</summary>
    public required string Format { get; init; }

    /// <summary>The column that held the captions, or null for plain text.</summary>
    public string? Column { get; init; }

    /// <summary>Lines that were left out since they held no caption.</summary>
    public int EmptyCount { get; init; }

    /// <summary>Captions that were left out since they repeat an earlier one.</summary>
    public int DuplicateCount { get; init; }

    /// <summary>Captions that were cut to the longest allowed length.</summary>
    public int OverLongCount { get; init; }

    /// <summary>Who uploaded it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>When it was kept.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<CaptionSet>
    {
        public void Configure(EntityTypeBuilder<CaptionSet> builder)
        {
            builder.Property(set => set.Name).HasMaxLength(200);
            builder.Property(set => set.Sha256).HasMaxLength(64).IsFixedLength();
            builder.Property(set => set.SourceName).HasMaxLength(400);
            builder.Property(set => set.Format).HasMaxLength(10);
            builder.Property(set => set.Column).HasMaxLength(200);
            builder.HasIndex(set => set.Sha256).IsUnique();
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(set => set.OwnerId).OnDelete(DeleteBehavior.SetNull);
            builder.ToTable(table => table.HasCheckConstraint("ck_caption_sets_count", "count > 0"));
        }
    }
}
