using System.Diagnostics;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>How long something takes: by the clock and summed over the cores that worked on it, both in seconds.</summary>
/// <param name="Seconds">The best of several runs by the clock: the one that other work on the machine disturbed least.</param>
/// <param name="CoreSeconds">The best of several runs in processor time, which other work hardly disturbs.</param>
internal sealed record Timing(double Seconds, double CoreSeconds)
{
    /// <summary>Runs once to warm up, then at least <paramref name="runs"/> times and for at least <paramref name="seconds"/>.</summary>
    public static Timing Best(Action action, int runs = 3, double seconds = 0)
    {
        Finish(action);
        using var process = Process.GetCurrentProcess();
        var total = Stopwatch.StartNew();
        var best = new Timing(double.MaxValue, double.MaxValue);
        for (var run = 0; run < runs || total.Elapsed.TotalSeconds < seconds; run++)
        {
            using var scope = NewDisposeScope();
            process.Refresh();
            var (start, cores) = (total.Elapsed, process.TotalProcessorTime);
            Finish(action);
            process.Refresh();
            best = new Timing(
                Math.Min(best.Seconds, (total.Elapsed - start).TotalSeconds), Math.Min(best.CoreSeconds, (process.TotalProcessorTime - cores).TotalSeconds));
        }

        return best;
    }

    // A GPU only queues what it is told: the time is that of the results.
    private static void Finish(Action action)
    {
        action();
        if (cuda.is_available())
        {
            cuda.synchronize();
        }
    }
}
