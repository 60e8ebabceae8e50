namespace StableRep.Data;

/// <summary>The writer no longer owns the work: its row is gone or another worker has taken it with a higher attempt number. It must stop.</summary>
public sealed class FencedException(string work, int attempt)
    : Exception($"Attempt {attempt} no longer owns {work}: another worker has taken it, or it was deleted.");
