namespace StableRep.Api.Review;

/// <summary>How far two reviewers agree, beyond what chance would give.</summary>
/// <param name="Count">The images that both judged.</param>
/// <param name="Raw">The share on which they agree; null when there are none.</param>
/// <param name="Kappa">
/// Cohen's kappa: (observed - expected) / (1 - expected) agreement, where the expected follows from how often each gives each verdict. Null
/// when there are none, or when both always gave the same verdict: then it is not defined.
/// </param>
public sealed record CohensKappa(int Count, double? Raw, double? Kappa)
{
    /// <summary>Computes it from how often each pair of verdicts was given.</summary>
    /// <param name="pairs">The first's verdict, the second's and how many images have both.</param>
    public static CohensKappa Of<T>(IReadOnlyCollection<(T First, T Second, int Count)> pairs)
        where T : notnull
    {
        var count = pairs.Sum(pair => pair.Count);
        if (count == 0)
        {
            return new CohensKappa(0, null, null);
        }

        var raw = (double)pairs.Where(pair => pair.First.Equals(pair.Second)).Sum(pair => pair.Count) / count;
        var first = pairs.GroupBy(pair => pair.First).ToDictionary(group => group.Key, group => (double)group.Sum(pair => pair.Count) / count);
        var second = pairs.GroupBy(pair => pair.Second).ToDictionary(group => group.Key, group => (double)group.Sum(pair => pair.Count) / count);
        var expected = first.Sum(entry => entry.Value * second.GetValueOrDefault(entry.Key));
        return new CohensKappa(count, raw, 1 - expected < 1e-12 ? null : (raw - expected) / (1 - expected));
    }
}
