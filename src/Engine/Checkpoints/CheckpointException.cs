namespace StableRep.Engine.Checkpoints;

/// <summary>
/// A checkpoint's file is damaged, missing, or does not fit what should be loaded from it. The message names the file, the tensor or key, and
/// what was expected.
/// </summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
