using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StableRep.Engine.Training;

/// <summary>
/// The head that training puts on the features and throws away: three linear layers with batch norm and ReLU between them. Batch norm
/// takes its statistics from each view by itself, and its running statistics follow the views in order.
/// </summary>
public sealed class Projector : Module<Tensor, IReadOnlyList<long>, Tensor>
{
    private readonly Linear layer1;
    private readonly BatchNorm1d bn1;
    private readonly Linear layer2;
    private readonly BatchNorm1d bn2;
    private readonly Linear layer3;

    /// <summary>Builds the head with random weights.</summary>
    /// <param name="width">Length of the features.</param>
    /// <param name="hidden">Length between the layers; the paper's is 4096.</param>
    /// <param name="output">Length of the embeddings; the paper's is 256.</param>
    /// <param name="seed">Of the initial weights.</param>
    public Projector(long width, long hidden, long output, ulong seed = 0)
        : base(nameof(Projector))
    {
        layer1 = Linear(width, hidden);
        bn1 = BatchNorm1d(hidden);
        layer2 = Linear(hidden, hidden);
        bn2 = BatchNorm1d(hidden);
        layer3 = Linear(hidden, output);
        RegisterComponents();
        LinearWeights.Draw(this, seed);
    }

    /// <summary>Embeddings of features.</summary>
    /// <param name="features"><c>[N, width]</c>, view after view.</param>
    /// <param name="views">The number of rows of each view, N in sum. In training a view of one row is normalised with its neighbour.</param>
    /// <returns><c>[N, output]</c>.</returns>
    public override Tensor forward(Tensor features, IReadOnlyList<long> views)
    {
        using var scope = NewDisposeScope();
        long[] sizes = training ? Normalizable(views) : [features.shape[0]];
        var hidden = functional.relu(Normalize(bn1, layer1.forward(features), sizes));
        hidden = functional.relu(Normalize(bn2, layer2.forward(hidden), sizes));
        return layer3.forward(hidden).MoveToOuterDisposeScope();
    }

    private static Tensor Normalize(BatchNorm1d norm, Tensor rows, long[] sizes) => sizes.Length == 1
        ? norm.forward(rows)
        : cat([.. rows.split(sizes).Select(norm.forward)], 0);

    // Of one row there is no variance: ragged sets can leave a single image in the last view.
    private static long[] Normalizable(IReadOnlyList<long> views)
    {
        var sizes = new List<long>();
        foreach (var size in views.Where(size => size > 0))
        {
            if (sizes.Count > 0 && (size == 1 || sizes[^1] == 1))
            {
                sizes[^1] += size;
            }
            else
            {
                sizes.Add(size);
            }
        }

        return [.. sizes];
    }
}
