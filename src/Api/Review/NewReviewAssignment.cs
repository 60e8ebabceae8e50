namespace StableRep.Api.Review;

/// <summary>Captions to assign to people.</summary>
public sealed record NewReviewAssignment
{
    /// <summary>The ranges of captions.</summary>
    public required IReadOnlyList<CaptionRange> Ranges { get; init; }

    /// <summary>The people.</summary>
    public required IReadOnlyList<Guid> ReviewerIds { get; init; }

    /// <summary>Whether each range is divided evenly among the people; otherwise each gets all.</summary>
    public bool Divide { get; init; }

    internal IEnumerable<(Guid Reviewer, int First, int Count)> Parts(Guid[] people)
    {
        foreach (var range in Ranges)
        {
            for (var i = 0; i < people.Length; i++)
            {
                var (from, to) = Divide
                    ? ((int)((long)range.Count * i / people.Length), (int)((long)range.Count * (i + 1) / people.Length))
                    : (0, range.Count);
                if (to > from)
                {
                    yield return (people[i], range.First + from, to - from);
                }
            }
        }
    }
}

/// <summary>Captions in a row.</summary>
/// <param name="First">The first one's index.</param>
/// <param name="Count">How many.</param>
public sealed record CaptionRange(int First, int Count);
