using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;

namespace StableRep.Benchmarks;

/// <summary>What it costs to draw the training stream of the pocket generator.</summary>
internal static class ScenesBenchmark
{
    public static void Run(BenchmarkOptions options)
    {
        var size = options.Size ?? 64;
        var stream = new SceneStream(1, SceneDomain.Training, size);
        var scenes = Enumerable.Range(0, 256).Select(i => SceneSampler.Sample((ulong)i)).ToArray();
        var next = 0L;
        Console.WriteLine($"scenes of {size} pixels, a second");
        Print("captions without pictures", () => Repeat(1000, () => stream.Caption(next++)));
        Print("pictures, one core", () => Repeat(256, () => SceneRenderer.Render(scenes[next++ % 256], size)));
        Print("stream, one core", () => Repeat(256, () => stream.Sample(next++)));
        Print($"stream, {Environment.ProcessorCount} cores", () =>
        {
            Parallel.For(0, 1024, i => stream.Sample(i));
            return 1024;
        });
        var before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(256, () => SceneRenderer.Render(scenes[next++ % 256], size));
        Console.WriteLine($"{"allocated a picture",-26} {(GC.GetAllocatedBytesForCurrentThread() - before) / 256,10:N0} bytes, {size * size * 3:N0} of them the picture");
    }

    private static void Print(string what, Func<long> step) => Console.WriteLine($"{what,-26} {Rate.Of(ComputeDevice.Cpu, step),10:F0}");

    private static long Repeat<T>(int times, Func<T> work)
    {
        for (var i = 0; i < times; i++) work();
        return times;
    }
}
