using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>How well one classifier does on one split. All shares are in [0, 1].</summary>
/// <param name="Count">The number of images.</param>
/// <param name="Top1">The share whose best class is right.</param>
/// <param name="Top5">The share whose class is among the five best, or among all where there are fewer than five classes.</param>
/// <param name="MeanPerClass">The mean of the classes' accuracies, over classes that have images.</param>
/// <param name="Classes">One row a class, in label order.</param>
/// <param name="Confusion">Counts by true class (rows) and predicted class (columns).</param>
/// <param name="Predictions">The best class of each image.</param>
public sealed record ClassificationMetrics(
    int Count,
    double Top1,
    double Top5,
    double MeanPerClass,
    IReadOnlyList<ClassScore> Classes,
    IReadOnlyList<IReadOnlyList<int>> Confusion,
    IReadOnlyList<int> Predictions)
{
    /// <summary>Measures scores against labels.</summary>
    /// <param name="scores"><c>[N, C]</c>, higher is better, on any device.</param>
    /// <param name="labels"><c>[N]</c> int64.</param>
    /// <param name="classNames">The C classes' names.</param>
    /// <exception cref="ArgumentException">Shapes do not fit, or a score is not a finite number.</exception>
    public static ClassificationMetrics From(Tensor scores, Tensor labels, IReadOnlyList<string> classNames)
    {
        if (scores.dim() != 2 || scores.shape[0] < 1 || scores.shape[1] != classNames.Count || labels.dim() != 1 || labels.shape[0] != scores.shape[0])
        {
            throw new ArgumentException(
                $"Metrics need scores [N, {classNames.Count}] and labels [N], not [{string.Join(", ", scores.shape)}] and [{string.Join(", ", labels.shape)}].");
        }

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        if (!scores.isfinite().all().item<bool>())
        {
            throw new ArgumentException("A score is not a finite number: the classifier diverged or its features are not finite.", nameof(scores));
        }

        var (_, best) = scores.topk(Math.Min(5, classNames.Count), dim: 1, largest: true, sorted: true);
        var ranked = best.cpu().data<long>().ToArray();
        var truth = labels.cpu().data<long>().ToArray();
        return From(ranked, (int)best.shape[1], truth, classNames);
    }

    private static ClassificationMetrics From(long[] ranked, int ranks, long[] truth, IReadOnlyList<string> classNames)
    {
        var confusion = classNames.Select(_ => new int[classNames.Count]).ToArray();
        var predictions = new int[truth.Length];
        var amongFive = 0;
        for (var i = 0; i < truth.Length; i++)
        {
            predictions[i] = (int)ranked[i * ranks];
            confusion[truth[i]][predictions[i]]++;
            amongFive += ranked.AsSpan(i * ranks, ranks).Contains(truth[i]) ? 1 : 0;
        }

        var classes = classNames.Select((_, label) => ClassScore.From(label, classNames, confusion)).ToArray();
        var present = classes.Where(score => score.Count > 0).ToArray();
        return new ClassificationMetrics(
            truth.Length,
            present.Sum(score => score.Correct) / (double)truth.Length,
            amongFive / (double)truth.Length,
            present.Average(score => score.Accuracy),
            classes,
            confusion,
            predictions);
    }
}

/// <summary>One class's row.</summary>
/// <param name="Name">The class's name.</param>
/// <param name="Count">Its images in the split.</param>
/// <param name="Correct">How many of them were recognised.</param>
/// <param name="Accuracy">Their share (the class's recall), 0 when it has no image.</param>
/// <param name="Precision">The share of images given this class that are of it, 0 when none was.</param>
/// <param name="MostOftenTakenFor">The wrong class that its images get most often, or null when none is wrong.</param>
public sealed record ClassScore(string Name, int Count, int Correct, double Accuracy, double Precision, string? MostOftenTakenFor)
{
    internal static ClassScore From(int label, IReadOnlyList<string> names, int[][] confusion)
    {
        var row = confusion[label];
        var (count, correct, given) = (row.Sum(), row[label], confusion.Sum(other => other[label]));
        var mistake = Enumerable.Range(0, row.Length).Where(other => other != label && row[other] > 0).OrderByDescending(other => row[other]).Cast<int?>().FirstOrDefault();
        return new ClassScore(
            names[label],
            count,
            correct,
            count == 0 ? 0 : correct / (double)count,
            given == 0 ? 0 : correct / (double)given,
            mistake is { } wrong ? names[wrong] : null);
    }
}
