namespace StableRep.Data.Metrics;

/// <summary>A measured value to be stored.</summary>
/// <param name="Series">The series' name, such as <c>train/loss</c>.</param>
/// <param name="Step">The optimizer step.</param>
/// <param name="Value">The value.</param>
/// <param name="At">When it was measured.</param>
public readonly record struct MetricSample(string Series, long Step, double Value, DateTimeOffset At);
