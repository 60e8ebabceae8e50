namespace StableRep.Data.Metrics;

/// <summary>Neighbouring points of a curve, drawn as one: a bar from minimum to maximum and a line through the last.</summary>
/// <param name="FirstStep">The first point's step.</param>
/// <param name="LastStep">The last point's step.</param>
/// <param name="Minimum">The smallest value.</param>
/// <param name="Maximum">The largest value.</param>
/// <param name="Last">The last point's value.</param>
/// <param name="Count">The number of points.</param>
/// <param name="LastAt">When the last point was measured.</param>
public readonly record struct MetricBucket(
    long FirstStep, long LastStep, double Minimum, double Maximum, double Last, long Count, DateTimeOffset LastAt);
