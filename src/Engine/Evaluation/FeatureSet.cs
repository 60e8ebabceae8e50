using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>The features of one split of a probe dataset, held on the CPU: what every probe of a frozen encoder works on.</summary>
public sealed class FeatureSet : IDisposable
{
    /// <summary>Takes ownership of tensors.</summary>
    /// <param name="features"><c>[N, D]</c> fp32 on the CPU, N and D at least 1.</param>
    /// <param name="labels"><c>[N]</c> int64 on the CPU, each in [0, number of classes).</param>
    /// <param name="classNames">The classes' names, by label.</param>
    /// <param name="corrupt">Images of the split that could not be decoded; they have no row.</param>
    /// <exception cref="ArgumentException">Shapes or types do not fit, or a label has no class.</exception>
    public FeatureSet(Tensor features, Tensor labels, IReadOnlyList<string> classNames, IReadOnlyList<CorruptImage>? corrupt = null)
    {
        if (features.dim() != 2 || features.shape[0] < 1 || labels.dim() != 1 || labels.shape[0] != features.shape[0]
            || features.dtype != ScalarType.Float32 || labels.dtype != ScalarType.Int64)
        {
            throw new ArgumentException(
                $"A feature set has features [N, D] of fp32 and labels [N] of int64, N at least 1; these are [{string.Join(", ", features.shape)}] of " +
                $"{features.dtype} and [{string.Join(", ", labels.shape)}] of {labels.dtype}.");
        }

        LabelList = labels.data<long>().Select(label => (int)label).ToArray();
        if (LabelList.Any(label => label < 0 || label >= classNames.Count))
        {
            throw new ArgumentException(
                $"Label {LabelList.First(label => label < 0 || label >= classNames.Count)} is outside the {classNames.Count} classes.", nameof(labels));
        }

        Features = features.DetachFromDisposeScope();
        Labels = labels.DetachFromDisposeScope();
        ClassNames = classNames;
        Corrupt = corrupt ?? [];
    }

    /// <summary>The features, <c>[N, D]</c> fp32.</summary>
    public Tensor Features { get; }

    /// <summary>The labels, <c>[N]</c> int64.</summary>
    public Tensor Labels { get; }

    /// <summary>The classes' names, by label.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Images that could not be decoded and are left out.</summary>
    public IReadOnlyList<CorruptImage> Corrupt { get; }

    /// <summary>The number of rows.</summary>
    public int Count => LabelList.Length;

    /// <summary>The number of features of an image.</summary>
    public int Dimension => (int)Features.shape[1];

    /// <summary>The labels, as numbers.</summary>
    internal int[] LabelList { get; }

    /// <summary>A new set of the rows at <paramref name="rows"/>.</summary>
    /// <exception cref="ArgumentException"><paramref name="rows"/> is empty.</exception>
    public FeatureSet Select(IReadOnlyList<int> rows)
    {
        using var index = tensor(rows.Select(row => (long)row).ToArray(), ScalarType.Int64);
        return new FeatureSet(Features.index_select(0, index), Labels.index_select(0, index), ClassNames);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Features.Dispose();
        Labels.Dispose();
    }

    /// <summary>Checks that two splits belong together.</summary>
    /// <exception cref="ArgumentException">Their dimensions or classes differ.</exception>
    internal void RequireSameSpace(FeatureSet other)
    {
        if (Dimension != other.Dimension || !ClassNames.SequenceEqual(other.ClassNames))
        {
            throw new ArgumentException(
                $"The splits do not belong together: {Dimension} features and {ClassNames.Count} classes against {other.Dimension} and {other.ClassNames.Count}.");
        }
    }
}

/// <summary>An image that could not be decoded.</summary>
/// <param name="Name">Its path within the dataset.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record CorruptImage(string Name, string Reason);
