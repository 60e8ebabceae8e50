using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace StableRep.Api.Hosting;

/// <summary>What the studio measures of itself, for OpenTelemetry.</summary>
public sealed class StudioMetrics
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "StableRep.Studio";

    private readonly Counter<long> _images;
    private readonly Histogram<double> _feedLag;
    private readonly Histogram<double> _work;
    private IReadOnlyDictionary<string, int> _waiting = new Dictionary<string, int>();

    /// <summary>Makes the instruments.</summary>
    public StudioMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _images = meter.CreateCounter<long>("studio.images.generated", "{image}", "Images drawn and recorded by this process.");
        _feedLag = meter.CreateHistogram<double>("studio.feed.lag", "s", "From an event's commit to its handing over to a subscriber of this process.");
        _work = meter.CreateHistogram<double>("studio.work.duration", "s", "Units of work of this process, by kind and outcome.");
        meter.CreateObservableGauge(
            "studio.work.waiting",
            () => Volatile.Read(ref _waiting).Select(kind => new Measurement<int>(kind.Value, new KeyValuePair<string, object?>("kind", kind.Key))),
            "{unit}",
            "Units of work that wait for a worker, as the node that dispatches sees them.");
    }

    /// <summary>Spans of units of work.</summary>
    public ActivitySource Spans { get; } = new(Name);

    /// <summary>Images were recorded.</summary>
    public void ImagesGenerated(int count) => _images.Add(count);

    /// <summary>An event reached a subscriber.</summary>
    public void Delivered(TimeSpan lag) => _feedLag.Record(lag.TotalSeconds);

    /// <summary>A unit of work ended.</summary>
    public void WorkEnded(string kind, string outcome, TimeSpan duration) =>
        _work.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>So much work waits, by kind.</summary>
    public void Waiting(IReadOnlyDictionary<string, int> counts) => Volatile.Write(ref _waiting, counts);
}
