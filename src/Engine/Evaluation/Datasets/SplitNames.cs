namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>What the splits of a dataset may be called.</summary>
internal static class SplitNames
{
    private static readonly string[] Train = ["train", "training"];
    private static readonly string[] Test = ["test", "testing"];
    private static readonly string[] Validation = ["val", "valid", "validation"];

    /// <summary>
    /// Sorts named things into splits. Without a test split, validation is the test split, as in ImageNet's layout; with both, probes choose
    /// their settings on validation.
    /// </summary>
    /// <param name="items">The things that were found.</param>
    /// <param name="name">A thing's name, such as a folder's, or a shard's with its number.</param>
    /// <param name="where">The place, for the error.</param>
    /// <exception cref="InvalidProbeDatasetException">Train, or both test and validation, are missing.</exception>
    public static (T[] Train, T[] Test, T[] Validation) Assign<T>(IReadOnlyList<T> items, Func<T, string> name, string where)
    {
        T[] Of(string[] names) => [.. items.Where(item => names.Contains(Stem(name(item))))];
        var (train, test, validation) = (Of(Train), Of(Test), Of(Validation));
        if (train.Length == 0 || (test.Length == 0 && validation.Length == 0))
        {
            throw new InvalidProbeDatasetException(
                $"{where} needs 'train' and 'test' (or 'val'); it has {(items.Count == 0 ? "nothing" : string.Join(", ", items.Select(name).Take(10)))}.");
        }

        return test.Length == 0 ? (train, validation, []) : (train, test, validation);
    }

    /// <summary>The name's leading letters in lower case: <c>train-000012.tar</c> is <c>train</c>.</summary>
    private static string Stem(string name) => new([.. name.TakeWhile(char.IsAsciiLetter).Select(char.ToLowerInvariant)]);
}
