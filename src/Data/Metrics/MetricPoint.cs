using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data.Metrics;

/// <summary>One point of a curve.</summary>
public sealed class MetricPoint
{
    /// <summary>The series.</summary>
    public required int SeriesId { get; init; }

    /// <summary>The optimizer step, from 0.</summary>
    public required long Step { get; init; }

    /// <summary>The value.</summary>
    public required double Value { get; init; }

    /// <summary>When it was measured.</summary>
    public required DateTimeOffset At { get; init; }

    internal sealed class Configuration : IEntityTypeConfiguration<MetricPoint>
    {
        public void Configure(EntityTypeBuilder<MetricPoint> builder)
        {
            builder.HasKey(point => new { point.SeriesId, point.Step });
            builder.HasOne<MetricSeries>().WithMany().HasForeignKey(point => point.SeriesId).OnDelete(DeleteBehavior.Cascade);
            builder.ToTable("metric_points", table => table.HasCheckConstraint("ck_metric_points_step", "step >= 0"));
        }
    }
}
