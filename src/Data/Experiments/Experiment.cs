using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Accounts;
using StableRep.Data.ImageSets;
using StableRep.Data.Probes;
using StableRep.Data.Sweeps;

namespace StableRep.Data.Experiments;

/// <summary>An image set, a training recipe and the probes to run: what a user launches.</summary>
public sealed class Experiment
{
    /// <summary>The experiment's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; set; }

    /// <summary>Who made it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>Where it stands. Changes along <see cref="ExperimentStates"/> only.</summary>
    public ExperimentState State { get; set; }

    /// <summary>Why it failed or was stopped, for people; null when there is nothing to say.</summary>
    public string? StateReason { get; set; }

    /// <summary>The images to train on.</summary>
    public required Guid ImageSetId { get; set; }

    /// <summary>The training recipe, as JSON.</summary>
    public required string Recipe { get; set; }

    /// <summary>Whose turn comes first: higher before lower, from -10 to 10.</summary>
    public int Priority { get; set; }

    /// <summary>Words to find it by.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>What people noted about it.</summary>
    public string Notes { get; set; } = "";

    /// <summary>The experiment it was cloned from, or null.</summary>
    public Guid? ClonedFromId { get; init; }

    /// <summary>The sweep it belongs to, or null.</summary>
    public Guid? SweepId { get; init; }

    /// <summary>The fencing token of its training: raised by each worker that takes it.</summary>
    public int Attempt { get; set; }

    /// <summary>How often a worker was lost in the middle of its training since it was last launched.</summary>
    public int LostCount { get; set; }

    /// <summary>When its training was last begun, by the database's clock; null before.</summary>
    public DateTimeOffset? BegunAt { get; set; }

    /// <summary>Where its training stands. Done says that the encoder is in the artifact store.</summary>
    public WorkState TrainingState { get; set; }

    /// <summary>Why its training failed, or null.</summary>
    public string? TrainingFailure { get; set; }

    /// <summary>The prefix of its encoder's files in the artifact store, once it is trained.</summary>
    public string? EncoderKey { get; set; }

    /// <summary>The sequence number of its last event.</summary>
    public long LastSequence { get; set; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was first launched.</summary>
    public DateTimeOffset? LaunchedAt { get; set; }

    /// <summary>When it reached a state that needs no worker.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>The row's version, PostgreSQL's <c>xmin</c>: an edit of an older version is refused.</summary>
    public uint Version { get; init; }

    /// <summary>The image set.</summary>
    public ImageSet? ImageSet { get; init; }

    /// <summary>The probes to run once it is trained.</summary>
    public List<Probe> Probes { get; init; } = [];

    internal sealed class Configuration : IEntityTypeConfiguration<Experiment>
    {
        public void Configure(EntityTypeBuilder<Experiment> builder)
        {
            builder.Property(experiment => experiment.Name).HasMaxLength(200);
            builder.Property(experiment => experiment.StateReason).HasMaxLength(4000);
            builder.Property(experiment => experiment.Recipe).HasColumnType("jsonb");
            builder.Property(experiment => experiment.Version).IsRowVersion();
            builder.HasEnum(experiment => experiment.State);
            builder.HasEnum(experiment => experiment.TrainingState);
            builder.Property(experiment => experiment.TrainingFailure).HasMaxLength(4000);
            builder.Property(experiment => experiment.EncoderKey).HasMaxLength(400);
            builder.HasIndex(experiment => experiment.State);
            builder.HasIndex(experiment => experiment.CreatedAt);
            builder.HasIndex(experiment => experiment.Tags).HasMethod("gin");
            builder.HasOne(experiment => experiment.ImageSet).WithMany().HasForeignKey(experiment => experiment.ImageSetId).OnDelete(DeleteBehavior.Restrict);
            builder.HasOne<StudioUser>().WithMany().HasForeignKey(experiment => experiment.OwnerId).OnDelete(DeleteBehavior.SetNull);
            builder.HasOne<Experiment>().WithMany().HasForeignKey(experiment => experiment.ClonedFromId).OnDelete(DeleteBehavior.SetNull);
            builder.HasOne<Sweep>().WithMany().HasForeignKey(experiment => experiment.SweepId).OnDelete(DeleteBehavior.SetNull);
            builder.HasMany(experiment => experiment.Probes).WithOne().HasForeignKey(probe => probe.ExperimentId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable(table =>
            {
                table.HasCheckConstraint("ck_experiments_priority", "priority between -10 and 10");
                table.HasCheckConstraint("ck_experiments_trained_has_encoder", "training_state <> 'done' or encoder_key is not null");
            });
        }
    }
}
