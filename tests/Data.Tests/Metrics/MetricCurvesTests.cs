using StableRep.Data.Metrics;
using StableRep.Testing;

namespace StableRep.Data.Tests.Metrics;

public sealed class MetricCurvesTests(TestCluster cluster) : StoreTest(cluster)
{
    [Fact]
    public async Task Buckets_keep_every_extreme_and_the_last_point_of_a_long_curve()
    {
        var experiment = await AddExperimentAsync();
        await FillAsync(experiment.Id, 20_000);
        await ExecuteAsync("UPDATE app.metric_points SET value = 99 WHERE step = 7777");
        var curve = await new MetricCurves(Source).BucketsAsync(experiment.Id, "train/loss", 100, cancellationToken: Stop);

        Assert.InRange(curve.Count, 99, 100);
        Assert.Equal(20_000, curve.Sum(bucket => bucket.Count));
        Assert.Equal(99, curve.Max(bucket => bucket.Maximum));
        Assert.Equal(20_000, curve[^1].LastStep);
        Assert.Equal(Math.Sin(20_000), curve[^1].Last, 1e-12);
        Assert.All(curve, bucket => Assert.InRange(bucket.Count, 199, 202));
        Assert.All(curve, bucket => Assert.InRange(bucket.Last, bucket.Minimum, bucket.Maximum));
        Assert.Equal(curve, await new MetricCurves(Source).BucketsAsync(experiment.Id, "train/loss", 100, cancellationToken: Stop));
    }

    [Fact]
    public async Task A_short_or_zoomed_curve_keeps_every_point()
    {
        var experiment = await AddExperimentAsync();
        await FillAsync(experiment.Id, 1000);
        var curve = await new MetricCurves(Source).BucketsAsync(experiment.Id, "train/loss", 50, 101, 150, Stop);
        Assert.Equal(Enumerable.Range(101, 50).Select(step => (long)step), curve.Select(bucket => bucket.FirstStep));
        Assert.All(curve, bucket => Assert.Equal(1, bucket.Count));
    }

    [Fact]
    public async Task An_unknown_series_has_no_points()
    {
        var experiment = await AddExperimentAsync();
        Assert.Empty(await new MetricCurves(Source).BucketsAsync(experiment.Id, "nothing", 10, cancellationToken: Stop));
        Assert.Empty(await new MetricCurves(Source).NamesAsync(experiment.Id, Stop));
    }

    private async Task FillAsync(Guid experimentId, int points)
    {
        await ExecuteAsync($"INSERT INTO app.metric_series (experiment_id, name) VALUES ('{experimentId}', 'train/loss')");
        await ExecuteAsync(
            $"INSERT INTO app.metric_points (series_id, step, value, at) SELECT s.id, n, sin(n), now() FROM app.metric_series s, generate_series(1, {points}) n");
    }
}
