namespace StableRep.Crash;

/// <summary>How often to kill, and how large an experiment that takes.</summary>
public sealed record CrashPlan
{
    private readonly int? _steps;

    /// <summary>The number of kills.</summary>
    public int Kills { get; init; } = 20;

    /// <summary>Decides what is killed when.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Captions: about one shard for two kills.</summary>
    public int Captions => Math.Max(16, 4 * Kills / 8 * 8);

    /// <summary>Optimizer steps: about one checkpoint a kill.</summary>
    public int Steps
    {
        get => _steps ?? 200 + (100 * Kills);
        init => _steps = value;
    }
}
