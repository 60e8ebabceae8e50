namespace StableRep.Engine.Evaluation;

/// <summary>A folder, archive or set of shards is no probe dataset; the message names what is wrong and what is expected.</summary>
public sealed class InvalidProbeDatasetException(string message, Exception? inner = null) : Exception(message, inner);
