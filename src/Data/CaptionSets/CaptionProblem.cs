using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.CaptionSets;

/// <summary>A line of an uploaded file that did not become a caption as it stands. The first thousand of a set are kept.</summary>
public sealed class CaptionProblem
{
    /// <summary>The set.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The line of the file from 1, or the row of a Parquet file from 1.</summary>
    public required long Line { get; init; }

    /// <summary>What is wrong.</summary>
    public required CaptionProblemKind Kind { get; init; }

    /// <summary>The beginning of the line's caption.</summary>
    public required string Excerpt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<CaptionProblem>
    {
        public void Configure(EntityTypeBuilder<CaptionProblem> builder)
        {
            builder.HasKey(problem => new { problem.CaptionSetId, problem.Line });
            builder.HasEnum(problem => problem.Kind);
            builder.Property(problem => problem.Excerpt).HasMaxLength(200);
            builder.HasOne<CaptionSet>().WithMany().HasForeignKey(problem => problem.CaptionSetId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}

/// <summary>Why a line is not a caption as it stands.</summary>
public enum CaptionProblemKind
{
    /// <summary>Nothing is left after normalisation.</summary>
    Empty,

    /// <summary>It repeats an earlier caption.</summary>
    Duplicate,

    /// <summary>It was cut to the longest allowed length.</summary>
    OverLong,

    /// <summary>The line is not of the file's format.</summary>
    Malformed,
}
