namespace StableRep.Web.Experiments;

/// <summary>One line of a chart.</summary>
/// <param name="ExperimentId">The experiment.</param>
/// <param name="Name">The series' name in the store.</param>
/// <param name="Label">What the legend calls it.</param>
/// <param name="StepsPerEpoch">Optimizer steps of one epoch, for the epoch axis.</param>
/// <param name="StartedAt">When the experiment was launched, for the time axis.</param>
public sealed record CurveSeries(Guid ExperimentId, string Name, string Label, double StepsPerEpoch, DateTimeOffset StartedAt)
{
    /// <summary>What tells it from the other lines of the page.</summary>
    public string Key => $"{ExperimentId:N}/{Name}";
}

/// <summary>A point that has just been measured.</summary>
/// <param name="Key">The line's <see cref="CurveSeries.Key"/>.</param>
/// <param name="Step">The step.</param>
/// <param name="Value">The value.</param>
/// <param name="At">When, in milliseconds since 1970.</param>
public readonly record struct LivePoint(string Key, long Step, double Value, long At);

/// <summary>How charts are drawn; all of it is in the address.</summary>
/// <param name="Axis"><c>step</c>, <c>epoch</c> or <c>time</c>.</param>
/// <param name="IsLog">Whether the value axis is logarithmic.</param>
/// <param name="Smoothing">The weight of the past in the running mean, from 0 to 0.99.</param>
public sealed record CurveView(string Axis, bool IsLog, double Smoothing);
