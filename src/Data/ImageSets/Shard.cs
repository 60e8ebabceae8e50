using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.ImageSets;

/// <summary>A WebDataset tar of an image set: the unit of generation work, owned by at most one worker at a time.</summary>
public sealed class Shard
{
    /// <summary>The shard's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The shard's number in the set, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The first caption's index.</summary>
    public required int FirstCaption { get; init; }

    /// <summary>The number of captions, whose every image is in this shard; of a regenerating shard, how far its captions reach.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>Whether it holds replacements of rejected images (<see cref="Regeneration"/>). Experiments do not wait for such a shard.</summary>
    public bool Regenerates { get; init; }

    /// <summary>Where the work stands.</summary>
    public WorkState State { get; set; }

    /// <summary>The fencing token: raised by each worker that takes the shard; only the holder of the current number may write.</summary>
    public int Attempt { get; set; }

    /// <summary>How often a worker was lost in the middle of the work.</summary>
    public int LostCount { get; set; }

    /// <summary>When the work was last begun, by the database's clock; null before.</summary>
    public DateTimeOffset? BegunAt { get; set; }

    /// <summary>Why the work failed, or null.</summary>
    public string? Failure { get; set; }

    /// <summary>The tar's key in the artifact store, once it is there.</summary>
    public string? ArtifactKey { get; set; }

    /// <summary>The tar's length in bytes.</summary>
    public long Length { get; set; }

    /// <summary>The images that the worker which has it has drawn; meaningless unless the shard is running.</summary>
    public int Generated { get; set; }

    /// <summary>The seconds that the worker who finished it took: the measure of the generator's speed. 0 before.</summary>
    public double Seconds { get; set; }

    /// <summary>When it was finished.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    internal sealed class Configuration : IEntityTypeConfiguration<Shard>
    {
        public void Configure(EntityTypeBuilder<Shard> builder)
        {
            builder.HasIndex(shard => new { shard.ImageSetId, shard.Index }).IsUnique();
            builder.HasEnum(shard => shard.State);
            builder.HasIndex(shard => shard.State).HasFilter("state in ('pending', 'running')");
            builder.Property(shard => shard.Failure).HasMaxLength(4000);
            builder.Property(shard => shard.ArtifactKey).HasMaxLength(400);
            builder.ToTable(table =>
            {
                table.HasCheckConstraint("ck_shards_captions", "first_caption >= 0 and caption_count > 0");
                table.HasCheckConstraint("ck_shards_done_has_artifact", "state <> 'done' or artifact_key is not null");
            });
        }
    }
}
