using StableRep.Api.Hosting;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Jobs;

/// <summary>Gives each probe of an experiment series of its own: <c>probe/DATASET/KIND/…</c>.</summary>
internal sealed class ProbeObserver(IRunObserver inner, Probe probe) : IRunObserver
{
    private const string Linear = "probe/linear/";

    private readonly string _prefix = $"probe/{probe.Dataset}/{StoreNames.Of(probe.Kind)}/";

    public void Metric(string series, long step, double value) =>
        inner.Metric(series.StartsWith(Linear, StringComparison.Ordinal) ? _prefix + series[Linear.Length..] : series, step, value);

    public void Progress(RunProgress progress) => inner.Progress(progress);

    public void Log(RunLogLevel level, string message) => inner.Log(level, message);
}
