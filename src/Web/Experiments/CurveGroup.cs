namespace StableRep.Web.Experiments;

/// <summary>Series that belong into one chart.</summary>
/// <param name="Title">The chart's title.</param>
/// <param name="About">What it says, in a sentence; null where the title does.</param>
/// <param name="Series">The series' names.</param>
public sealed record CurveGroup(string Title, string? About, IReadOnlyList<string> Series)
{
    private const int MostLines = 8;
    private const string ProbePrefix = "probe/";

    private static readonly (string Title, string? About, string[] Series)[] Known =
    [
        ("Loss", "The multi-positive contrastive loss and its parts.", ["train/loss", "train/loss/"]),
        ("Contrastive accuracy", "How often an image's nearest neighbour in the batch is one of its positives.", ["train/accuracy"]),
        ("Learning rate", null, ["train/learning-rate"]),
        ("Images per second", null, ["train/images-per-second"]),
        ("Alignment and uniformity", "Collapse shows as uniformity that rises towards 0 while alignment falls to 0.", ["train/alignment", "train/uniformity"]),
        ("Effective rank", "The number of directions that the embeddings use; it drops when they collapse.", ["train/effective-rank"]),
        ("Gradient norm", "Before clipping.", ["train/gradient-norm"]),
        ("Waiting for images", "The part of a step's time in which it waited for the loader.", ["train/loader-wait"]),
    ];

    /// <summary>Whether the captions behind its points are known.</summary>
    public bool HasCaptions => Series.Contains("train/loss");

    /// <summary>The charts of an experiment's series: the known ones in the order of their interest, then the others by their common beginning.</summary>
    public static IReadOnlyList<CurveGroup> Of(IReadOnlyList<string> names)
    {
        var groups = new List<CurveGroup>();
        var left = names.ToList();
        foreach (var (title, about, patterns) in Known)
        {
            var own = left.Where(name => patterns.Any(pattern => pattern.EndsWith('/') ? name.StartsWith(pattern, StringComparison.Ordinal) : name == pattern)).ToList();
            if (own.Count > 0)
            {
                groups.Add(new(title, about, own));
                left = [.. left.Except(own)];
            }
        }

        foreach (var group in left.GroupBy(name => name.Contains('/', StringComparison.Ordinal) ? name[..name.LastIndexOf('/')] : name))
        {
            var title = (group.Key.StartsWith(ProbePrefix, StringComparison.Ordinal) ? group.Key[ProbePrefix.Length..] : group.Key).Replace("/", " · ", StringComparison.Ordinal);
            groups.AddRange(group.Chunk(MostLines).Select((chunk, index) => new CurveGroup(index == 0 ? title : $"{title} ({index + 1})", null, chunk)));
        }

        return groups;
    }

    /// <summary>What the legend calls a series of this chart: the part of its name in which it differs.</summary>
    public string LabelOf(string name) => Series.Count == 1 ? name : name[(name.LastIndexOf('/') + 1)..];
}
