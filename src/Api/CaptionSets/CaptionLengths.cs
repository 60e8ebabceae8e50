namespace StableRep.Api.CaptionSets;

/// <summary>How long the captions of a set are, in characters.</summary>
/// <param name="Shortest">The shortest.</param>
/// <param name="Median">The middle one.</param>
/// <param name="Mean">The average.</param>
/// <param name="Longest">The longest.</param>
/// <param name="Bars">How many there are of each range of lengths, without gaps.</param>
public sealed record CaptionLengths(int Shortest, int Median, double Mean, int Longest, IReadOnlyList<LengthBar> Bars)
{
    /// <summary>Summarises counts by length.</summary>
    /// <param name="counts">How many captions have each length, by length ascending; at least one.</param>
    /// <param name="bars">The most bars.</param>
    internal static CaptionLengths Of(IReadOnlyList<(int Length, long Count)> counts, int bars)
    {
        var total = counts.Sum(entry => entry.Count);
        var (median, seen) = (0, 0L);
        foreach (var (length, count) in counts)
        {
            seen += count;
            if (2 * seen >= total)
            {
                median = length;
                break;
            }
        }

        var (shortest, longest) = (counts[0].Length, counts[^1].Length);
        var width = Width((longest - shortest + bars) / bars);
        var first = shortest / width;
        var sums = new long[(longest / width) - first + 1];
        foreach (var (length, count) in counts)
        {
            sums[(length / width) - first] += count;
        }

        return new CaptionLengths(
            shortest,
            median,
            counts.Sum(entry => (double)entry.Length * entry.Count) / total,
            longest,
            [.. sums.Select((count, bar) => new LengthBar((first + bar) * width, ((first + bar + 1) * width) - 1, count))]);
    }

    /// <summary>The smallest round number that is not less.</summary>
    private static int Width(int least)
    {
        for (var unit = 1; ; unit *= 10)
        {
            foreach (var round in (ReadOnlySpan<int>)[unit, 2 * unit, 5 * unit])
            {
                if (round >= least)
                {
                    return round;
                }
            }
        }
    }
}

/// <summary>How many captions have a length in a range.</summary>
/// <param name="From">The shortest of the range.</param>
/// <param name="To">The longest of the range.</param>
/// <param name="Count">The captions.</param>
public sealed record LengthBar(int From, int To, long Count);
