namespace StableRep.Data;

/// <summary>Where one unit of work (a shard, a probe) stands.</summary>
public enum WorkState
{
    /// <summary>Nobody works on it.</summary>
    Pending,

    /// <summary>A worker holds it.</summary>
    Running,

    /// <summary>Its result is recorded.</summary>
    Done,

    /// <summary>It cannot be done; the row says why.</summary>
    Failed,
}
