using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Probes;

/// <summary>An evaluation of an experiment's frozen encoder on a labelled dataset.</summary>
public sealed class Probe
{
    /// <summary>The probe's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The experiment.</summary>
    public required Guid ExperimentId { get; init; }

    /// <summary>How the encoder is evaluated.</summary>
    public required ProbeKind Kind { get; init; }

    /// <summary>The probe dataset's name.</summary>
    public required string Dataset { get; init; }

    /// <summary>Where the work stands.</summary>
    public WorkState State { get; set; }

    /// <summary>The fencing token: raised by each worker that takes the probe.</summary>
    public int Attempt { get; set; }

    /// <summary>How often a worker was lost in the middle of the work.</summary>
    public int LostCount { get; set; }

    /// <summary>When it was last begun, by the database's clock; null before.</summary>
    public DateTimeOffset? BegunAt { get; set; }

    /// <summary>Why it failed, or null.</summary>
    public string? Failure { get; set; }

    /// <summary>Top-1 accuracy on the test split from 0 to 1, once it is done.</summary>
    public double? Accuracy { get; set; }

    /// <summary>The whole result, as JSON: the rule that chose the classifier, per-class table, confusion matrix.</summary>
    public string? Result { get; set; }

    /// <summary>When it was done.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Probe>
    {
        public void Configure(EntityTypeBuilder<Probe> builder)
        {
            builder.Property(probe => probe.Dataset).HasMaxLength(200);
            builder.Property(probe => probe.Failure).HasMaxLength(4000);
            builder.Property(probe => probe.Result).HasColumnType("jsonb");
            builder.HasEnum(probe => probe.Kind);
            builder.HasEnum(probe => probe.State);
            builder.HasIndex(probe => new { probe.ExperimentId, probe.Kind, probe.Dataset }).IsUnique();
            builder.ToTable(table => table.HasCheckConstraint("ck_probes_accuracy", "accuracy between 0 and 1"));
        }
    }
}

/// <summary>How a frozen encoder is evaluated.</summary>
public enum ProbeKind
{
    /// <summary>A linear classifier on the features.</summary>
    Linear,

    /// <summary>A vote of the nearest neighbours.</summary>
    Knn,

    /// <summary>N-way K-shot episodes.</summary>
    FewShot,

    /// <summary>Classification by class names, for methods with text.</summary>
    ZeroShot,

    /// <summary>A baseline: a linear classifier on the features that the encoder had before it was trained.</summary>
    RandomInit,

    /// <summary>A baseline: a linear classifier on the pixels themselves, at half the encoder's resolution and at most 32 by 32.</summary>
    RawPixels,
}
