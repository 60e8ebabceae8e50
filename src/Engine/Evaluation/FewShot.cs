using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>N-way K-shot episodes: classes and images are drawn, K images a class teach a classifier, and the others of the draw test it.</summary>
public static class FewShot
{
    private const long FeaturesAtOnce = 1 << 24;

    /// <summary>Runs episodes over one split.</summary>
    /// <param name="set">The split to draw from, usually test.</param>
    /// <param name="options">The settings.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="observer">Receives the progress.</param>
    /// <param name="cancellation">Stops between two groups of episodes.</param>
    /// <returns>The mean accuracy over episodes with its 95% interval.</returns>
    /// <exception cref="ArgumentException">Too few classes have enough images.</exception>
    public static FewShotResult Run(
        FeatureSet set, FewShotOptions options, ComputeDevice device, IRunObserver? observer = null, CancellationToken cancellation = default)
    {
        options.Validate();
        var classes = set.LabelList
            .Select((label, row) => (label, row))
            .GroupBy(pair => pair.label, pair => pair.row)
            .Where(group => group.Count() >= options.Shots + options.Queries)
            .OrderBy(group => group.Key)
            .Select(group => group.ToArray())
            .ToArray();
        if (classes.Length < options.Ways)
        {
            throw new ArgumentException(
                $"{options.Ways}-way episodes with {options.Shots} shots and {options.Queries} queries need {options.Ways} classes of at least " +
                $"{options.Shots + options.Queries} images; only {classes.Length} of {set.ClassNames.Count} have that many. Lower the numbers.", nameof(options));
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var features = EmbeddingMeasures.Normalize(set.Features.to(device.Torch));
        var perClass = options.Shots + options.Queries;
        var together = (int)Math.Clamp(FeaturesAtOnce / ((long)options.Ways * perClass * set.Dimension), 1, options.Episodes);
        var accuracies = new List<double>(options.Episodes);
        var progress = new StageProgress(observer ?? NullRunObserver.Instance, "probe", options.Episodes, "episodes");
        while (accuracies.Count < options.Episodes)
        {
            cancellation.ThrowIfCancellationRequested();
            using var chunk = NewDisposeScope();
            var episodes = Math.Min(together, options.Episodes - accuracies.Count);
            var rows = tensor(Draw(classes, accuracies.Count, episodes, options), ScalarType.Int64, device.Torch);
            var drawn = features.index_select(0, rows).reshape(episodes, options.Ways, perClass, set.Dimension);
            var support = drawn.narrow(2, 0, options.Shots);
            var queries = drawn.narrow(2, options.Shots, options.Queries).reshape(episodes, options.Ways * options.Queries, set.Dimension);
            accuracies.AddRange(options.Classifier == FewShotClassifier.NearestMean
                ? NearestMean(support, queries)
                : Logistic(support, queries, options, cancellation));
            progress.Report(accuracies.Count);
        }

        return new FewShotResult(options, MeanInterval.Of(accuracies));
    }

    /// <summary>Rows by episode, class, then image: the first K of a class are its support. An episode depends on the seed and its number alone.</summary>
    private static long[] Draw(int[][] classes, int first, int episodes, FewShotOptions options)
    {
        var rows = new List<long>();
        for (var episode = first; episode < first + episodes; episode++)
        {
            var random = new SeededRandom(options.Seed, episode);
            foreach (var members in DrawDistinct(classes, options.Ways, ref random))
            {
                rows.AddRange(DrawDistinct(members, options.Shots + options.Queries, ref random).Select(row => (long)row));
            }
        }

        return [.. rows];
    }

    private static T[] DrawDistinct<T>(T[] items, int count, ref SeededRandom random)
    {
        var pool = (T[])items.Clone();
        random.Shuffle<T>(pool, count);
        return pool[..count];
    }

    private static double[] NearestMean(Tensor support, Tensor queries)
    {
        var means = nn.functional.normalize(support.mean([2]), p: 2, dim: -1);
        var best = queries.bmm(means.transpose(1, 2)).argmax(2);
        return Accuracies(best, support.shape[1]);
    }

    private static double[] Logistic(Tensor support, Tensor queries, FewShotOptions options, CancellationToken cancellation)
    {
        var labels = arange(options.Ways, ScalarType.Int64, support.device).repeat_interleave(options.Shots);
        var best = new List<Tensor>();
        for (var episode = 0; episode < support.shape[0]; episode++)
        {
            using var fit = LogisticRegression.Fit(
                support[episode].reshape(options.Ways * options.Shots, -1), labels, options.Ways, options.InverseRegularization, cancellation: cancellation);
            best.Add(fit.Logits(queries[episode]).argmax(1));
        }

        return Accuracies(stack(best), support.shape[1]);
    }

    private static double[] Accuracies(Tensor best, long ways)
    {
        var truth = arange(ways, ScalarType.Int64, best.device).repeat_interleave(best.shape[1] / ways);
        return [.. best.eq(truth).to_type(ScalarType.Float64).mean([1]).cpu().data<double>()];
    }
}
