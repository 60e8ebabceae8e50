namespace StableRep.Api.CaptionSets;

/// <summary>An uploaded file cannot be read as captions at all; the message says where and what would be right.</summary>
public sealed class CaptionFileException(string message, Exception? inner = null, IReadOnlyList<string>? columns = null) : Exception(message, inner)
{
    /// <summary>The columns that may be chosen, where that is the way out.</summary>
    public IReadOnlyList<string> Columns { get; } = columns ?? [];
}
