namespace StableRep.Api.CaptionSets;

/// <summary>What keeping a file would give.</summary>
/// <param name="Format">The file's format.</param>
/// <param name="Column">The column that holds the captions, or null for bare captions.</param>
/// <param name="Count">The captions that would be kept.</param>
/// <param name="EmptyCount">Entries left out since they are empty.</param>
/// <param name="DuplicateCount">Entries left out since they repeat an earlier one.</param>
/// <param name="OverLongCount">Captions cut to the longest length.</param>
/// <param name="MalformedCount">Lines that are not of the format.</param>
/// <param name="First">The first captions.</param>
/// <param name="Problems">The first problems, with their lines.</param>
/// <param name="Sha256">The identity that the set would have.</param>
/// <param name="ExistingId">The set that has these captions already, or null.</param>
public sealed record CaptionPreview(
    CaptionFormat Format,
    string? Column,
    int Count,
    int EmptyCount,
    int DuplicateCount,
    int OverLongCount,
    int MalformedCount,
    IReadOnlyList<string> First,
    IReadOnlyList<ListedProblem> Problems,
    string Sha256,
    Guid? ExistingId)
{
    /// <summary>Every column that may be chosen instead.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];
}
