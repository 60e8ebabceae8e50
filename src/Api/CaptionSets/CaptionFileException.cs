namespace StableRep.Api.CaptionSets;

/// <summary>An uploaded file cannot be read as captions at all; the message says where and what would be right.</summary>
public sealed class CaptionFileException(string message, Exception? inner = null) : Exception(message, inner);
