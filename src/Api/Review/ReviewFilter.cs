using StableRep.Api.Http;

namespace StableRep.Api.Review;

/// <summary>
/// Which positive sets to show. A set is shown when one of its images meets every condition on images and its caption meets those on captions.
/// </summary>
public sealed record ReviewFilter
{
    /// <summary>The images' verdict: of <see cref="ReviewerId"/> when that is given, else the one that all marks give together.</summary>
    public ReviewStatus? Status { get; init; }

    /// <summary>Images that this person marked; with <see cref="ReviewStatus.Unreviewed"/> those that the person did not judge.</summary>
    public Guid? ReviewerId { get; init; }

    /// <summary>Images that somebody tagged so.</summary>
    public string? Tag { get; init; }

    /// <summary>Images that somebody rated at least so, from 1 to 5.</summary>
    public int? MinRating { get; init; }

    /// <summary>Images that somebody rated at most so, from 1 to 5.</summary>
    public int? MaxRating { get; init; }

    /// <summary>Images with a comment.</summary>
    public bool Commented { get; init; }

    /// <summary>Images about which reviewers disagree and nobody has decided.</summary>
    public bool Disagreement { get; init; }

    /// <summary>Images that replace a rejected one.</summary>
    public bool Replacement { get; init; }

    /// <summary>Captions assigned to this person.</summary>
    public Guid? AssignedTo { get; init; }

    /// <summary>Captions that hold this text, whatever its case.</summary>
    public string? Caption { get; init; }

    /// <summary>Sets at least so diverse, from 0 to 2.</summary>
    public double? MinDiversity { get; init; }

    /// <summary>Sets at most so diverse, from 0 to 2.</summary>
    public double? MaxDiversity { get; init; }

    /// <summary>The order of the sets.</summary>
    public ReviewOrder Order { get; init; }

    /// <summary>Whether every set is shown, in the order of captions.</summary>
    internal bool IsAll => this == new ReviewFilter();

    /// <summary>Whether there is a condition on images.</summary>
    internal bool AsksForImages => Status is not null || ReviewerId is not null || Tag is not null || MinRating is not null || MaxRating is not null
        || Commented || Disagreement || Replacement;

    /// <exception cref="InputException">A value is out of range.</exception>
    internal void Check()
    {
        if (MinRating is < 1 or > 5 || MaxRating is < 1 or > 5)
        {
            throw new InputException(MinRating is < 1 or > 5 ? "minRating" : "maxRating", "Ratings are from 1 to 5.");
        }

        if (MinDiversity is { } low && !double.IsFinite(low) || MaxDiversity is { } high && !double.IsFinite(high))
        {
            throw new InputException("minDiversity", "Diversity is a number from 0 to 2.");
        }

        if (Caption is { Length: > 500 } || Caption?.Contains('\0', StringComparison.Ordinal) == true)
        {
            throw new InputException("caption", "The text to search for must have at most 500 characters.");
        }

        if (Tag is { } tag)
        {
            ReviewMarkChange.CheckTag("tag", tag);
        }
    }
}

/// <summary>Where an image's review stands.</summary>
public enum ReviewStatus
{
    /// <summary>Approved.</summary>
    Approve,

    /// <summary>Rejected: training leaves it out.</summary>
    Reject,

    /// <summary>Flagged, and neither approved nor rejected.</summary>
    Flag,

    /// <summary>Judged, but not decided: a tie, or in blind review the second verdict is still to come.</summary>
    Undecided,

    /// <summary>Nobody has judged it.</summary>
    Unreviewed,
}

/// <summary>The order of positive sets.</summary>
public enum ReviewOrder
{
    /// <summary>As in the caption set.</summary>
    Caption,

    /// <summary>The least diverse first.</summary>
    Diversity,

    /// <summary>The most diverse first.</summary>
    MostDiverse,

    /// <summary>Those with the most images in dispute first.</summary>
    Disagreement,

    /// <summary>The worst rated first.</summary>
    Rating,

    /// <summary>The best rated first.</summary>
    BestRated,

    /// <summary>The last marked first.</summary>
    Recent,
}
