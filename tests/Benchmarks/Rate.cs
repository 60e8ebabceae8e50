using System.Diagnostics;
using StableRep.Engine.Runtime;
using TorchSharp;

namespace StableRep.Benchmarks;

/// <summary>Measures how often something happens in a second.</summary>
internal static class Rate
{
    /// <summary>Repeats a step for about <paramref name="seconds"/> after one step of warm-up; the best of three parts counts, against disturbance.</summary>
    /// <param name="device">Whose queue is emptied before the clock is read.</param>
    /// <param name="step">Does some units of work and gives their number.</param>
    /// <param name="seconds">The time to spend.</param>
    /// <returns>Units per second.</returns>
    public static double Of(ComputeDevice device, Func<long> step, double seconds = 3)
    {
        step();
        return Enumerable.Range(0, 3).Max(_ => Part(device, step, seconds / 3));
    }

    private static double Part(ComputeDevice device, Func<long> step, double seconds)
    {
        Finish(device);
        var clock = Stopwatch.StartNew();
        long units = 0;
        do
        {
            units += step();
        }
        while (clock.Elapsed.TotalSeconds < seconds);

        Finish(device);
        return units / clock.Elapsed.TotalSeconds;
    }

    private static void Finish(ComputeDevice device)
    {
        if (device.IsCuda)
        {
            torch.cuda.synchronize(device.Torch);
        }
    }
}
