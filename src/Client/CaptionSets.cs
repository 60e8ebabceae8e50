namespace StableRep.Client;

/// <summary>A caption set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Sha256">SHA-256 over its captions: its identity.</param>
/// <param name="Count">The number of captions.</param>
/// <param name="SourceName">The uploaded file's name.</param>
/// <param name="Format">The file's format.</param>
/// <param name="Column">The column that held the captions, or null.</param>
/// <param name="EmptyCount">Lines left out since they held no caption.</param>
/// <param name="DuplicateCount">Captions left out since they repeat an earlier one.</param>
/// <param name="OverLongCount">Captions cut to the longest length.</param>
/// <param name="OwnerId">Who uploaded it, or null.</param>
/// <param name="Owner">The name of who uploaded it.</param>
/// <param name="CreatedAt">When it was kept.</param>
public sealed record CaptionSet(
    Guid Id, string Name, string Sha256, int Count, string SourceName, string Format, string? Column, int EmptyCount, int DuplicateCount, int OverLongCount,
    Guid? OwnerId, string Owner, DateTimeOffset CreatedAt);

/// <summary>What keeping a caption file would give.</summary>
/// <param name="Format">The file's format.</param>
/// <param name="Column">The column that holds the captions, or null for bare captions.</param>
/// <param name="Count">The captions that would be kept.</param>
/// <param name="EmptyCount">Entries left out since they are empty.</param>
/// <param name="DuplicateCount">Entries left out since they repeat an earlier one.</param>
/// <param name="OverLongCount">Captions cut to the longest length.</param>
/// <param name="MalformedCount">Lines that are not of the format.</param>
/// <param name="First">The first captions.</param>
/// <param name="Problems">The first problems.</param>
/// <param name="Sha256">The identity that the set would have.</param>
/// <param name="ExistingId">The set that has these captions already, or null.</param>
public sealed record CaptionPreview(
    string Format, string? Column, int Count, int EmptyCount, int DuplicateCount, int OverLongCount, int MalformedCount, IReadOnlyList<string> First,
    IReadOnlyList<CaptionProblem> Problems, string Sha256, Guid? ExistingId);

/// <summary>A line of a caption file that is no caption as it stands.</summary>
/// <param name="Line">The line from 1.</param>
/// <param name="Kind"><c>empty</c>, <c>duplicate</c>, <c>over_long</c> or <c>malformed</c>.</param>
/// <param name="Excerpt">The caption's beginning, or the format's complaint.</param>
public sealed record CaptionProblem(long Line, string Kind, string Excerpt);

/// <summary>A caption.</summary>
/// <param name="Index">Its number in the set, from 0.</param>
/// <param name="Text">The text.</param>
public sealed record Caption(int Index, string Text);
