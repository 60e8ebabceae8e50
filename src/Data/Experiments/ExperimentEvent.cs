using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Experiments;

/// <summary>One event of an experiment's live stream. Sequence numbers have no gaps and are given in the order of commit.</summary>
public sealed class ExperimentEvent
{
    /// <summary>The experiment.</summary>
    public required Guid ExperimentId { get; init; }

    /// <summary>The event's number, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>What happened: <c>state</c>, <c>progress</c>, <c>images</c>, <c>metrics</c>, <c>probe</c>, <c>environment</c>, <c>log</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The event's facts, as JSON.</summary>
    public required string Payload { get; init; }

    /// <summary>When it was committed.</summary>
    public required DateTimeOffset At { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<ExperimentEvent>
    {
        public void Configure(EntityTypeBuilder<ExperimentEvent> builder)
        {
            builder.HasKey(entry => new { entry.ExperimentId, entry.Sequence });
            builder.Property(entry => entry.Kind).HasMaxLength(20);
            builder.Property(entry => entry.Payload).HasColumnType("jsonb");
            builder.HasOne<Experiment>().WithMany().HasForeignKey(entry => entry.ExperimentId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
