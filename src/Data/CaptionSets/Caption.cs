using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.CaptionSets;

/// <summary>One caption of a set. Never changes.</summary>
public sealed class Caption
{
    /// <summary>The set.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The caption's number in the set, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The text, normalised to NFC.</summary>
    public required string Text { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<Caption>
    {
        public void Configure(EntityTypeBuilder<Caption> builder)
        {
            builder.HasKey(caption => new { caption.CaptionSetId, caption.Index });
            builder.HasOne<CaptionSet>().WithMany().HasForeignKey(caption => caption.CaptionSetId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable(table => table.HasCheckConstraint("ck_captions_index", "index >= 0"));
        }
    }
}
