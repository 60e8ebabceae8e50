using System.Text.Json;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>The events that jobs write: one place for the names of their facts.</summary>
internal static class RunEvents
{
    /// <summary>How far a stage has come and how long it will still take.</summary>
    public static NewEvent Progress(RunProgress progress) => Of(
        "progress", new { progress.Stage, progress.Done, progress.Total, progress.Unit, RemainingSeconds = progress.Remaining?.TotalSeconds });

    /// <summary>New points of curves.</summary>
    public static NewEvent Metrics(IEnumerable<MetricSample> points) =>
        Of("metrics", new { Points = points.Select(point => new { point.Series, point.Step, point.Value }) });

    /// <summary>A line for people.</summary>
    public static NewEvent Log(RunLogLevel level, string message) =>
        Of("log", new { Level = level.ToString().ToLowerInvariant(), Message = message.Replace("\0", "", StringComparison.Ordinal) });

    /// <summary>New images, with what they were drawn from and where to see them.</summary>
    public static NewEvent Images(Guid imageSetId, int shard, IEnumerable<(long Id, int Caption, int Number)> images) => Of(
        "images",
        new
        {
            ImageSetId = imageSetId,
            Shard = shard,
            Images = images.Select(image => new
            {
                image.Id,
                CaptionIndex = image.Caption,
                ImageIndex = image.Number,
                Thumbnail = $"/api/v1/images/{image.Id}/thumbnail?size=128",
            }),
        });

    /// <summary>A probe's result.</summary>
    public static NewEvent Probe(Guid id, string kind, string dataset, double accuracy) => Of("probe", new { id, kind, dataset, accuracy });

    /// <summary>Where and with what a worker computes.</summary>
    public static NewEvent Environment(RunEnvironment environment) => Of(RunEnvironmentReader.Kind, environment);

    private static NewEvent Of(string kind, object facts) => new(kind, JsonSerializer.Serialize(facts, JsonSerializerOptions.Web));
}
