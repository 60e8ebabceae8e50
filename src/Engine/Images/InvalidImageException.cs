namespace StableRep.Engine.Images;

/// <summary>A file is not a picture that can be read; the message says why.</summary>
public sealed class InvalidImageException(InvalidImageReason reason, string message) : Exception(message)
{
    /// <summary>What is wrong with the file.</summary>
    public InvalidImageReason Reason { get; } = reason;
}

/// <summary>Why a file is not a readable picture.</summary>
public enum InvalidImageReason
{
    /// <summary>The bytes are no picture of a known format.</summary>
    NotAnImage,

    /// <summary>The header announces more pixels than allowed.</summary>
    TooLarge,

    /// <summary>The file ends before its last pixel.</summary>
    Truncated,

    /// <summary>The compressed data contradict themselves.</summary>
    Damaged,
}
