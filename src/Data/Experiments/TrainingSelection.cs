using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Experiments;

/// <summary>
/// The images on which an experiment trains, fixed when its training first starts: what reviewers do later changes nothing, so that a resumed
/// run sees the same images.
/// </summary>
public sealed class TrainingSelection
{
    /// <summary>The experiment.</summary>
    public required Guid ExperimentId { get; init; }

    /// <summary>The shards, in order.</summary>
    public required Guid[] ShardIds { get; init; }

    /// <summary>The rejected images in them, which are left out.</summary>
    public required long[] RejectedIds { get; init; }

    /// <summary>When it was fixed.</summary>
    public required DateTimeOffset At { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<TrainingSelection>
    {
        public void Configure(EntityTypeBuilder<TrainingSelection> builder)
        {
            builder.HasKey(selection => selection.ExperimentId);
            builder.HasOne<Experiment>().WithOne().HasForeignKey<TrainingSelection>(selection => selection.ExperimentId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable("training_selections");
        }
    }
}
