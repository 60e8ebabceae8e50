namespace StableRep.Engine.Tests.Checkpoints.Hub;

/// <summary>A clock whose pauses are noted and over at once; time-outs, which are as long as <paramref name="timeout"/>, run in real time.</summary>
internal sealed class PauseRecorder(TimeSpan timeout) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _pauses = [];

    public IReadOnlyList<TimeSpan> Pauses
    {
        get
        {
            lock (_gate)
            {
                return [.. _pauses];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != timeout && dueTime > TimeSpan.Zero)
        {
            lock (_gate)
            {
                _pauses.Add(dueTime);
            }

            dueTime = TimeSpan.FromMilliseconds(1);
        }

        return base.CreateTimer(callback, state, dueTime, period);
    }
}
