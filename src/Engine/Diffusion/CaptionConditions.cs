using StableRep.Engine.Models;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// The conditions of the captions that a stream of batches is at: each caption is encoded once, when it first comes up, and forgotten when
/// a batch does without it. The unconditional text stays.
/// </summary>
/// <param name="encode">Encodes texts.</param>
/// <param name="unconditional">The text of the unconditional half, or null where there is none.</param>
internal sealed class CaptionConditions(Func<IReadOnlyList<string>, TextCondition> encode, string? unconditional) : IDisposable
{
    private List<string> _texts = [];
    private TextCondition? _condition;

    /// <summary>The number of texts encoded so far.</summary>
    public int Encoded { get; private set; }

    /// <summary>
    /// The condition of a batch: with guidance, rows for the unconditional half and then for the captions. Neighbouring images of one caption
    /// share a row where all can. Belongs to the current dispose scope.
    /// </summary>
    /// <param name="captions">The caption of each image.</param>
    public TextCondition ForBatch(IReadOnlyList<string> captions)
    {
        Know(captions);
        var shared = SharedRun(captions);
        var rows = captions.Where((_, i) => i % shared == 0).Select(caption => _texts.IndexOf(caption)).ToList();
        return _condition!.Select(unconditional is null ? rows : [.. Enumerable.Repeat(_texts.IndexOf(unconditional), rows.Count), .. rows]);
    }

    public void Dispose() => _condition?.Dispose();

    // The largest length that every run of equal captions is a multiple of.
    private static int SharedRun(IReadOnlyList<string> captions)
    {
        var (shared, start) = (0, 0);
        for (var i = 1; i <= captions.Count; i++)
        {
            if (i == captions.Count || captions[i] != captions[start])
            {
                shared = Gcd(shared, i - start);
                start = i;
            }
        }

        return shared;

        static int Gcd(int a, int b) => b == 0 ? a : Gcd(b, a % b);
    }

    private void Know(IReadOnlyList<string> captions)
    {
        List<string> wanted = [.. (unconditional is null ? captions : captions.Prepend(unconditional)).Distinct()];
        if (wanted.SequenceEqual(_texts))
        {
            return;
        }

        var missing = wanted.Except(_texts).ToList();
        using var added = missing.Count > 0 ? encode(missing) : null;
        Encoded += missing.Count;
        List<string> known = [.. _texts, .. missing];
        using var all = (_condition, added) switch
        {
            ({ } old, { } more) => TextCondition.Concat(old, more),
            var (old, more) => (old ?? more)!.Select([.. Enumerable.Range(0, known.Count)]),
        };
        var kept = all.Select([.. wanted.Select(text => known.IndexOf(text))]).DetachFromDisposeScope();
        _condition?.Dispose();
        (_condition, _texts) = (kept, wanted);
    }
}
