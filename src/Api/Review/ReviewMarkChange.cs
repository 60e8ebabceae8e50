using StableRep.Api.Http;

namespace StableRep.Api.Review;

/// <summary>What a reviewer changes of the marks of one or many images. What is null stays as it is.</summary>
public sealed record ReviewMarkChange
{
    private const int MostImages = 20_000;

    /// <summary>The images, all of one image set.</summary>
    public required IReadOnlyList<long> ImageIds { get; init; }

    /// <summary>The verdict: <c>approve</c>, <c>reject</c>, <c>flag</c>, or <c>none</c> to take it back.</summary>
    public string? Verdict { get; init; }

    /// <summary>The rating from 1 to 5, or 0 to take it back.</summary>
    public int? Rating { get; init; }

    /// <summary>Tags to add.</summary>
    public IReadOnlyList<string> AddTags { get; init; } = [];

    /// <summary>Tags to take away.</summary>
    public IReadOnlyList<string> RemoveTags { get; init; } = [];

    /// <summary>The comment; empty to take it back.</summary>
    public string? Comment { get; init; }

    /// <exception cref="InputException">A value is out of range.</exception>
    internal void Check()
    {
        if (ImageIds.Count is 0 or > MostImages)
        {
            throw new InputException("imageIds", $"Name 1 to {MostImages} images.");
        }

        if (Verdict is not (null or "approve" or "reject" or "flag" or "none"))
        {
            throw new InputException("verdict", "The verdict must be approve, reject, flag or none.");
        }

        if (Rating is < 0 or > 5)
        {
            throw new InputException("rating", "The rating must be from 1 to 5, or 0 for none.");
        }

        if (Comment is { Length: > 4000 } || Comment?.Contains('\0', StringComparison.Ordinal) == true)
        {
            throw new InputException("comment", "The comment must have at most 4000 characters.");
        }

        foreach (var tag in AddTags)
        {
            CheckTag("addTags", tag);
        }

        if (AddTags.Count > 20 || RemoveTags.Count > 20)
        {
            throw new InputException("addTags", "Change at most 20 tags at once.");
        }

        if (RemoveTags.Any(tag => tag.Contains('\0', StringComparison.Ordinal)))
        {
            throw new InputException("removeTags", "Tags must be text.");
        }
    }

    /// <exception cref="InputException">It is no tag.</exception>
    internal static void CheckTag(string field, string tag)
    {
        if (tag.Trim() is not { Length: >= 1 and <= 50 } trimmed || trimmed != tag || tag.Any(char.IsControl))
        {
            throw new InputException(field, "A tag must have 1 to 50 characters, without control characters and spaces around it.");
        }
    }
}
