namespace StableRep.Engine.Runtime;

/// <summary>libtorch or its TorchSharp bridge cannot be loaded; the message says what is missing and what to do.</summary>
public sealed class TorchUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
