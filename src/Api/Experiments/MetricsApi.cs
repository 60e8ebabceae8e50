using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Metrics;

namespace StableRep.Api.Experiments;

/// <summary>The curves of experiments.</summary>
internal static class MetricsApi
{
    private const int MostBuckets = 10_000;

    public static void MapMetrics(this IEndpointRouteBuilder api)
    {
        var metrics = api.MapGroup("/experiments/{id:guid}/metrics").WithTags("Metrics");
        metrics.MapGet("/", List).RequireAuthorization(Policies.Viewer).WithName("ListSeries").WithSummary("The names of an experiment's series");
        metrics.MapGet("/buckets", Buckets).RequireAuthorization(Policies.Viewer).WithName("GetBuckets")
            .WithSummary("A curve in as many buckets as a screen shows, each with its minimum, maximum and last value");
        metrics.MapGet("/points", Points).RequireAuthorization(Policies.Viewer).WithName("GetPoints").WithSummary("Every point of a series, as CSV, JSON or Parquet")
            .Produces<byte[]>(200, "text/csv", "application/json", "application/vnd.apache.parquet");
    }

    private static async Task<Ok<IReadOnlyList<string>>> List(Guid id, ExperimentService service, MetricCurves curves, CancellationToken stop)
    {
        await service.GetAsync(id, stop);
        return TypedResults.Ok(await curves.NamesAsync(id, stop));
    }

    private static async Task<Ok<BucketedCurve>> Buckets(
        Guid id, MetricCurves curves,
        [Description("The series' name, such as train/loss.")] string series,
        [Description("The most buckets, from 1 to 10,000.")] int buckets = 1000,
        [Description("The first step.")] long from = 0, [Description("The last step.")] long to = long.MaxValue, CancellationToken stop = default)
    {
        if (buckets is < 1 or > MostBuckets)
        {
            throw new InputException("buckets", $"The buckets must be from 1 to {MostBuckets}.");
        }

        if (from < 0 || to < from)
        {
            throw new InputException(from < 0 ? "from" : "to", "The steps must not be negative, and the last not be before the first.");
        }

        await RequireAsync(curves, id, series, stop);
        var found = await curves.BucketsAsync(id, series, buckets, from, to, stop);
        return TypedResults.Ok(new BucketedCurve(series, found.Sum(bucket => bucket.Count), [.. found.Select(BucketView.Of)]));
    }

    private static async Task<Results<PushStreamHttpResult, FileStreamHttpResult>> Points(
        Guid id, MetricCurves curves,
        [Description("The series' name, such as train/loss.")] string series,
        [Description("csv, json or parquet.")] string format = "csv", CancellationToken stop = default)
    {
        if (format is not ("csv" or "json" or "parquet"))
        {
            throw new InputException("format", "The format must be csv, json or parquet.");
        }

        await RequireAsync(curves, id, series, stop);
        var points = curves.PointsAsync(id, series, stop);
        var name = $"{series.Replace('/', '-')}.{format}";
        return format switch
        {
            "csv" => TypedResults.Stream(body => MetricFiles.WriteCsvAsync(points, body, stop), "text/csv; charset=utf-8", name),
            "json" => TypedResults.Stream(body => MetricFiles.WriteJsonAsync(points, body, stop), "application/json", name),
            _ => TypedResults.File(await MetricFiles.ParquetAsync(points, stop), "application/vnd.apache.parquet", name),
        };
    }

    private static async Task RequireAsync(MetricCurves curves, Guid id, string series, CancellationToken stop)
    {
        if (!(await curves.NamesAsync(id, stop)).Contains(series))
        {
            throw new MissingException("series", $"'{series}' of experiment {id}");
        }
    }
}

/// <summary>A curve, downsampled.</summary>
/// <param name="Series">The series' name.</param>
/// <param name="Points">The points behind the buckets.</param>
/// <param name="Buckets">The buckets in order.</param>
public sealed record BucketedCurve(string Series, long Points, IReadOnlyList<BucketView> Buckets);

/// <summary>Neighbouring points of a curve. Values that are no finite number are null.</summary>
/// <param name="FirstStep">The first point's step.</param>
/// <param name="LastStep">The last point's step.</param>
/// <param name="Minimum">The smallest value.</param>
/// <param name="Maximum">The largest value.</param>
/// <param name="Last">The last point's value.</param>
/// <param name="Count">The number of points.</param>
/// <param name="LastAt">When the last point was measured.</param>
public sealed record BucketView(long FirstStep, long LastStep, double? Minimum, double? Maximum, double? Last, long Count, DateTimeOffset LastAt)
{
    internal static BucketView Of(MetricBucket bucket) => new(
        bucket.FirstStep, bucket.LastStep, Finite(bucket.Minimum), Finite(bucket.Maximum), Finite(bucket.Last), bucket.Count, bucket.LastAt);

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
