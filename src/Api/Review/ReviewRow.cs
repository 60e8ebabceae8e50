namespace StableRep.Api.Review;

/// <summary>One positive set as a reviewer sees it.</summary>
/// <param name="Caption">The caption's index.</param>
/// <param name="Text">The caption.</param>
/// <param name="Diversity">How much its images differ, from 0; null where it was not measured.</param>
/// <param name="AssignedTo">Who is to review it.</param>
/// <param name="Images">The images that are there, by their number.</param>
public sealed record ReviewRow(int Caption, string Text, double? Diversity, IReadOnlyList<Guid> AssignedTo, IReadOnlyList<ReviewImage> Images);

/// <summary>One image as a reviewer sees it.</summary>
/// <param name="Id">The image's id.</param>
/// <param name="Number">Its number among those of its caption.</param>
/// <param name="ReplacesId">The rejected image that it replaces, or null.</param>
/// <param name="Status">Where its review stands.</param>
/// <param name="Resolved">Whether somebody had the last word.</param>
/// <param name="Disputed">Whether reviewers disagree and nobody has had the last word.</param>
/// <param name="Regenerating">Whether another image is being made in its place.</param>
/// <param name="Marks">The marks that the reviewer may see, the own first.</param>
/// <param name="Hidden">How many verdicts are hidden until both reviewers have judged.</param>
public sealed record ReviewImage(
    long Id, int Number, long? ReplacesId, ReviewStatus Status, bool Resolved, bool Disputed, bool Regenerating, IReadOnlyList<ReviewMarkView> Marks, int Hidden);

/// <summary>One person's mark.</summary>
/// <param name="ReviewerId">The person.</param>
/// <param name="Verdict"><c>approve</c>, <c>reject</c>, <c>flag</c> or null.</param>
/// <param name="Rating">From 1 to 5, or null.</param>
/// <param name="Tags">Tags.</param>
/// <param name="Comment">The comment; may be empty.</param>
public sealed record ReviewMarkView(Guid ReviewerId, string? Verdict, int? Rating, IReadOnlyList<string> Tags, string Comment);

/// <summary>A person who may review.</summary>
/// <param name="Id">The person's id.</param>
/// <param name="Name">The name that others see.</param>
public sealed record ReviewPerson(Guid Id, string Name);
