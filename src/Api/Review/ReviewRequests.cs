using StableRep.Data.Review;

namespace StableRep.Api.Review;

/// <summary>A filter as query parameters.</summary>
public sealed record ReviewFilterQuery
{
    /// <inheritdoc cref="ReviewFilter.Status"/>
    public string? Status { get; init; }

    /// <summary>A person's id, or <c>me</c>.</summary>
    public string? Reviewer { get; init; }

    /// <inheritdoc cref="ReviewFilter.Tag"/>
    public string? Tag { get; init; }

    /// <inheritdoc cref="ReviewFilter.MinRating"/>
    public int? MinRating { get; init; }

    /// <inheritdoc cref="ReviewFilter.MaxRating"/>
    public int? MaxRating { get; init; }

    /// <inheritdoc cref="ReviewFilter.Commented"/>
    public bool? Commented { get; init; }

    /// <inheritdoc cref="ReviewFilter.Disagreement"/>
    public bool? Disagreement { get; init; }

    /// <inheritdoc cref="ReviewFilter.Replacement"/>
    public bool? Replacement { get; init; }

    /// <summary>A person's id, or <c>me</c>.</summary>
    public string? AssignedTo { get; init; }

    /// <inheritdoc cref="ReviewFilter.Caption"/>
    public string? Caption { get; init; }

    /// <inheritdoc cref="ReviewFilter.MinDiversity"/>
    public double? MinDiversity { get; init; }

    /// <inheritdoc cref="ReviewFilter.MaxDiversity"/>
    public double? MaxDiversity { get; init; }

    /// <summary>The order: <c>caption</c>, <c>diversity</c>, <c>most_diverse</c>, <c>disagreement</c>, <c>rating</c>, <c>best_rated</c>, <c>recent</c>.</summary>
    public string? Order { get; init; }

    /// <summary>The filter of somebody.</summary>
    /// <exception cref="Http.InputException">A value is none that there is.</exception>
    public ReviewFilter ToFilter(Guid me) => new()
    {
        Status = Name<ReviewStatus>("status", Status),
        ReviewerId = Person("reviewer", Reviewer, me),
        Tag = Empty(Tag),
        MinRating = MinRating,
        MaxRating = MaxRating,
        Commented = Commented == true,
        Disagreement = Disagreement == true,
        Replacement = Replacement == true,
        AssignedTo = Person("assignedTo", AssignedTo, me),
        Caption = Empty(Caption),
        MinDiversity = MinDiversity,
        MaxDiversity = MaxDiversity,
        Order = Name<ReviewOrder>("order", Order) ?? ReviewOrder.Caption,
    };

    private static string? Empty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static Guid? Person(string field, string? text, Guid me) => Empty(text) switch
    {
        null => null,
        "me" => me,
        _ => Guid.TryParse(text, out var id) ? id : throw new Http.InputException(field, "Name a person by id, or 'me'."),
    };

    private static TEnum? Name<TEnum>(string field, string? text)
        where TEnum : struct, Enum => Empty(text) is not { } name ? null
        : Enum.GetValues<TEnum>().Where(value => Hosting.StoreNames.Of(value) == name).Select(value => (TEnum?)value).FirstOrDefault()
            ?? throw new Http.InputException(field, $"Write one of {string.Join(", ", Enum.GetValues<TEnum>().Select(Hosting.StoreNames.Of))}.");
}

/// <summary>A filter's view.</summary>
/// <param name="Count">How many captions it shows.</param>
/// <param name="Captions">Their indexes in order; absent when it shows all in theirs.</param>
public sealed record ReviewViewAnswer(int Count, IReadOnlyList<int>? Captions);

/// <summary>What changed.</summary>
/// <param name="Captions">The captions whose images changed.</param>
public sealed record ReviewChanged(IReadOnlyList<int> Captions);

/// <summary>A last word.</summary>
/// <param name="ImageIds">The images.</param>
/// <param name="Verdict">Approve or reject; absent takes the last word back.</param>
public sealed record NewReviewResolution(IReadOnlyList<long> ImageIds, Verdict? Verdict = null);

/// <summary>How to review.</summary>
/// <param name="Blind">Whether two people judge without seeing each other's verdicts.</param>
public sealed record NewReviewSettings(bool Blind);

/// <summary>What to make again.</summary>
/// <param name="ImageIds">Rejected images; absent for all of the set.</param>
public sealed record NewRegeneration(IReadOnlyList<long>? ImageIds = null);

/// <summary>What will be made again.</summary>
/// <param name="Images">How many images.</param>
public sealed record RegenerationAnswer(int Images);
