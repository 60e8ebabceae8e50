using System.Diagnostics;
using StableRep.Engine.Training;

namespace StableRep.Engine.Evaluation;

/// <summary>Reports a stage's progress with an estimate of the time left, a few times a second at most.</summary>
/// <param name="observer">Who is told.</param>
/// <param name="stage">The stage's name.</param>
/// <param name="total">Units in all.</param>
/// <param name="unit">What is counted.</param>
/// <param name="before">Units that were done before this process began, and say nothing about its pace.</param>
internal sealed class StageProgress(IRunObserver observer, string stage, long total, string unit, long before = 0)
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
        TimeSpan? remaining = done <= before ? null : elapsed * ((total - done) / (double)(done - before));
        observer.Progress(new RunProgress(stage, done, total, unit, remaining));
    }
}
