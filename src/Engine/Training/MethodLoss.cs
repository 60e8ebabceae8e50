using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>What a method says about one batch of N rows (images of all views).</summary>
/// <param name="Total">What is minimised, a scalar with its graph.</param>
/// <param name="Parts">The parts of the total by name, scalars; none when the total has one part.</param>
/// <param name="Rows">The loss of each row, <c>[N]</c>, without graph.</param>
/// <param name="Accuracy">How often the most similar row (or class) is a right one, a scalar in [0, 1].</param>
/// <param name="Embeddings">What the loss compares, <c>[N, D]</c>, without graph: collapse shows here first.</param>
/// <param name="Groups">Which rows should lie together, int64 <c>[N]</c>.</param>
internal sealed record MethodLoss(
    Tensor Total, IReadOnlyDictionary<string, Tensor> Parts, Tensor Rows, Tensor Accuracy, Tensor Embeddings, Tensor Groups)
{
    /// <summary>A loss of one part.</summary>
    public static MethodLoss Of(ContrastiveResult result, Tensor embeddings, Tensor groups) =>
        new(result.Loss, new Dictionary<string, Tensor>(), result.Rows, result.Accuracy, embeddings.detach(), groups);

    public MethodLoss MoveToOuterDisposeScope()
    {
        foreach (var tensor in (Tensor[])[Total, Rows, Accuracy, Embeddings, Groups, .. Parts.Values])
        {
            tensor.MoveToOuterDisposeScope();
        }

        return this;
    }
}
