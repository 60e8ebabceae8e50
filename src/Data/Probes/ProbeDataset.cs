using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Probes;

/// <summary>Labelled images with a train and a test split.</summary>
public sealed class ProbeDataset
{
    /// <summary>The dataset's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its unique name.</summary>
    public required string Name { get; set; }

    /// <summary>Where its images are: a path under the data folder, or <c>scenes</c> for one that the studio renders.</summary>
    public required string Source { get; init; }

    /// <summary>The class names, in the order of their labels.</summary>
    public required string[] Classes { get; init; }

    /// <summary>Images of the train split.</summary>
    public required int TrainCount { get; init; }

    /// <summary>Images of the test split.</summary>
    public required int TestCount { get; init; }

    /// <summary>When it was added.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<ProbeDataset>
    {
        public void Configure(EntityTypeBuilder<ProbeDataset> builder)
        {
            builder.Property(dataset => dataset.Name).HasMaxLength(200);
            builder.Property(dataset => dataset.Source).HasMaxLength(1000);
            builder.HasIndex(dataset => dataset.Name).IsUnique();
            builder.ToTable(table => table.HasCheckConstraint("ck_probe_datasets_counts", "train_count > 0 and test_count > 0"));
        }
    }
}
