using StableRep.Api.ImageSets;

namespace StableRep.Web.Experiments;

/// <summary>The order in which captions are shown: run after run, without a list of all captions.</summary>
public sealed class SampleOrder(IReadOnlyList<CaptionRun> runs)
{
    /// <summary>The number of captions.</summary>
    public int Total { get; } = runs.Sum(run => run.Count);

    /// <summary>Some captions of the order.</summary>
    /// <param name="start">The place of the first.</param>
    /// <param name="count">How many.</param>
    public IReadOnlyList<int> Slice(int start, int count)
    {
        var captions = new List<int>(Math.Min(count, Total));
        var place = 0;
        foreach (var run in runs)
        {
            for (var offset = Math.Max(0, start - place); offset < run.Count && captions.Count < count; offset++)
            {
                captions.Add(run.First + offset);
            }

            place += run.Count;
            if (captions.Count == count)
            {
                break;
            }
        }

        return captions;
    }
}
