using StableRep.Engine.Evaluation;
using StableRep.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

/// <summary>Feature sets with a known answer.</summary>
internal static class Samples
{
    /// <summary>Classes as Gaussian clouds around one-hot directions: <paramref name="spread"/> 0.1 is separable, 1 is not.</summary>
    public static FeatureSet Clouds(int classes, int perClass, int dimension, double spread, int seed, double distance = 1)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, new Device(DeviceType.CPU));
        var labels = arange(classes, ScalarType.Int64).repeat_interleave(perClass);
        var centres = eye(classes, dimension) * distance;
        var features = centres.index_select(0, labels) + empty((long)classes * perClass, dimension).normal_(0, spread, generator);
        return new FeatureSet(features, labels, Names(classes));
    }

    public static string[] Names(int classes) => [.. Enumerable.Range(0, classes).Select(label => $"class {label}")];
}

/// <summary>An observer that remembers.</summary>
internal sealed class RecordingObserver : IRunObserver
{
    public List<(string Series, long Step, double Value)> Metrics { get; } = [];

    public List<RunProgress> Stages { get; } = [];

    public void Metric(string series, long step, double value) => Metrics.Add((series, step, value));

    public void Progress(RunProgress progress) => Stages.Add(progress);
}
