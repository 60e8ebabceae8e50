using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using StableRep.Data.Experiments;

namespace StableRep.Data.Metrics;

/// <summary>A named curve of one experiment.</summary>
public sealed class MetricSeries
{
    /// <summary>The series' id.</summary>
    public int Id { get; init; }

    /// <summary>The experiment.</summary>
    public required Guid ExperimentId { get; init; }

    /// <summary>The series' name, such as <c>train/loss</c>.</summary>
    public required string Name { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<MetricSeries>
    {
        public void Configure(EntityTypeBuilder<MetricSeries> builder)
        {
            builder.ToTable("metric_series");
            builder.Property(series => series.Name).HasMaxLength(200);
            builder.HasIndex(series => new { series.ExperimentId, series.Name }).IsUnique();
            builder.HasOne<Experiment>().WithMany().HasForeignKey(series => series.ExperimentId).OnDelete(DeleteBehavior.Cascade);
        }
    }
}
