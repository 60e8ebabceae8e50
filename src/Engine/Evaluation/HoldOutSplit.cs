using StableRep.Engine.Runtime;

namespace StableRep.Engine.Evaluation;

/// <summary>Divides train rows in two, class by class, so that the held-out part has every class's share.</summary>
/// <param name="Kept">Rows to train on, ascending.</param>
/// <param name="HeldOut">Rows to choose on, ascending.</param>
internal sealed record HoldOutSplit(int[] Kept, int[] HeldOut)
{
    /// <summary>Holds out a fraction of each class, at least one row of it and never its last.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fraction"/> is not in (0, 1).</exception>
    /// <exception cref="ArgumentException">No class has two rows.</exception>
    public static HoldOutSplit Stratified(IReadOnlyList<int> labels, double fraction, int seed)
    {
        if (fraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The held-out fraction must be between 0 and 1, such as 0.1.");
        }

        var heldOut = new SortedSet<int>();
        foreach (var rows in Enumerable.Range(0, labels.Count).GroupBy(row => labels[row]).OrderBy(group => group.Key).Select(group => group.ToArray()))
        {
            new SeededRandom(seed, labels[rows[0]]).Shuffle<int>(rows, rows.Length);
            var count = Math.Min(rows.Length - 1, Math.Max(1, (int)Math.Round(rows.Length * fraction)));
            heldOut.UnionWith(rows.Take(count));
        }

        return heldOut.Count == 0
            ? throw new ArgumentException("Nothing can be held out: every class has a single train image. Add images.", nameof(labels))
            : new HoldOutSplit([.. Enumerable.Range(0, labels.Count).Where(row => !heldOut.Contains(row))], [.. heldOut]);
    }
}
