namespace StableRep.Api.Review;

/// <summary>How far the review of an image set is.</summary>
public sealed record ReviewSummary
{
    /// <summary>The captions, with and without images.</summary>
    public required int Captions { get; init; }

    /// <summary>The images that are there.</summary>
    public required int Images { get; init; }

    /// <summary>How many images are in each status.</summary>
    public required IReadOnlyDictionary<ReviewStatus, int> Statuses { get; init; }

    /// <summary>Images about which reviewers disagree and nobody has decided.</summary>
    public required int Disputed { get; init; }

    /// <summary>Rejected images that nobody has asked to replace.</summary>
    public required int Replaceable { get; init; }

    /// <summary>Images that are being made in the place of rejected ones.</summary>
    public required int Regenerating { get; init; }

    /// <summary>Whether the set is reviewed blind.</summary>
    public required bool Blind { get; init; }

    /// <summary>How many images each person has judged, the most first.</summary>
    public required IReadOnlyList<ReviewerProgress> Reviewers { get; init; }

    /// <summary>The tags in use, the most used first; in blind review only the own and those of images that two people have judged.</summary>
    public required IReadOnlyList<string> Tags { get; init; }
}

/// <summary>One reviewer's progress.</summary>
/// <param name="ReviewerId">The person.</param>
/// <param name="Judged">The images with a verdict of this person.</param>
public sealed record ReviewerProgress(Guid ReviewerId, int Judged);

/// <summary>How far two reviewers agree.</summary>
/// <param name="First">One.</param>
/// <param name="Second">The other.</param>
/// <param name="Agreement">How far.</param>
public sealed record ReviewAgreement(Guid First, Guid Second, CohensKappa Agreement);

/// <summary>An image set in the list of those to review.</summary>
/// <param name="Id">The image set.</param>
/// <param name="CaptionSet">The name of its caption set.</param>
/// <param name="Generator">The name of its generator.</param>
/// <param name="GuidanceScale">Its guidance scale.</param>
/// <param name="ImagesPerPrompt">Its images per prompt.</param>
/// <param name="Captions">Its captions.</param>
/// <param name="Images">The images that are there.</param>
/// <param name="Judged">The images that somebody judged.</param>
/// <param name="Mine">The images that the asker judged.</param>
/// <param name="Assigned">The captions that the asker is to review.</param>
/// <param name="Blind">Whether it is reviewed blind.</param>
/// <param name="CreatedAt">When it was first asked for.</param>
/// <param name="CoverIds">The first images, to show what it is.</param>
public sealed record ReviewSet(
    Guid Id, string CaptionSet, string Generator, double GuidanceScale, int ImagesPerPrompt, int Captions, int Images, int Judged, int Mine, int Assigned,
    bool Blind, DateTimeOffset CreatedAt, IReadOnlyList<long> CoverIds);
