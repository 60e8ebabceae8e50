namespace StableRep.Api.Tests;

/// <summary>The system's clock, which a test moves ahead. Timers run as ever.</summary>
internal sealed class MovableClock : TimeProvider
{
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

    /// <summary>Moves it ahead.</summary>
    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);
}
