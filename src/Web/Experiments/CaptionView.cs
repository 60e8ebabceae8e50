using StableRep.Data.Metrics;

namespace StableRep.Web.Experiments;

/// <summary>Which captions are shown, in which order; all of it is in the address.</summary>
/// <param name="Order">By which loss.</param>
/// <param name="From">The first of the steps whose batches are looked at, or null.</param>
/// <param name="To">The last of them, or null; with neither all captions are shown.</param>
public sealed record CaptionView(CaptionLossOrder Order, long? From, long? To)
{
    /// <summary>The captions of one step's batch.</summary>
    public static CaptionView At(long step) => new(CaptionLossOrder.Peak, step, step);

    /// <summary>Whether only some steps are looked at.</summary>
    public bool IsRange => From is not null || To is not null;

    /// <summary>As many steps before or after these; null where there is no such way.</summary>
    /// <param name="forth">After them, else before.</param>
    public CaptionView? Beside(bool forth) => (From, To) switch
    {
        ({ } from, { } to) when to >= from && (forth || from > 1) && to - from + 1 is var count =>
            forth ? this with { From = to + 1, To = to + count } : this with { From = Math.Max(1, from - count), To = from - 1 },
        _ => null,
    };

    /// <summary>The steps in words.</summary>
    public string Steps => (From, To) switch
    {
        ({ } from, { } to) when from == to => $"Step {Shared.Words.Count(from)}",
        ({ } from, { } to) => $"Steps {Shared.Words.Count(from)} to {Shared.Words.Count(to)}",
        ({ } from, null) => $"Steps from {Shared.Words.Count(from)} on",
        (null, { } to) => $"Steps up to {Shared.Words.Count(to)}",
        _ => "All steps",
    };
}
