using System.Diagnostics;
using StableRep.Engine.Training;

namespace StableRep.Engine.Evaluation;

/// <summary>Reports a stage's progress with an estimate of the time left, a few times a second at most.</summary>
internal sealed class StageProgress(IRunObserver observer, string stage, long total, string unit)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan? _last;

    public long Total => total;

    public void Report(long done)
    {
        var elapsed = Stopwatch.GetElapsedTime(_start);
        if (done < total && elapsed - _last < Interval)
        {
            return;
        }

        _last = elapsed;
        TimeSpan? remaining = done == 0 ? null : elapsed * ((total - done) / (double)done);
        observer.Progress(new RunProgress(stage, done, total, unit, remaining));
    }
}
