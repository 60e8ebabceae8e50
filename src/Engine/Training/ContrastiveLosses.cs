using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>The contrastive losses. All normalise their inputs, compute in fp32 and stay finite at low temperatures.</summary>
public static class ContrastiveLosses
{
    // Large enough to leave no weight in a softmax, and finite, so that a row with nothing else still has a defined gradient.
    private const double Excluded = -1e9;

    /// <summary>
    /// StableRep's multi-positive contrastive loss (Tian et al., arXiv 2306.00984, equations 2 to 4): cross-entropy between the softmax over
    /// a row's similarities to all other rows and the uniform distribution over the other rows of its set. A row alone in its set
    /// contributes zero and still counts in the mean.
    /// </summary>
    /// <param name="embeddings"><c>[N, D]</c>, not normalised.</param>
    /// <param name="sets"><c>[N]</c> int64: the positive set of each row; sets may differ in size.</param>
    /// <param name="temperature">What the cosines are divided by, positive; the paper's is 0.1.</param>
    public static ContrastiveResult MultiPositive(Tensor embeddings, Tensor sets, double temperature)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        using var scope = NewDisposeScope();
        using var exact = Autocast.Off(embeddings.device_type);
        var unit = Normalize(embeddings);
        var self = eye(embeddings.shape[0], dtype: ScalarType.Bool, device: embeddings.device);
        var logits = unit.matmul(unit.t()).div_(temperature).masked_fill_(self, Excluded);
        var positives = sets.unsqueeze(1).eq(sets.unsqueeze(0)).to(ScalarType.Float32).masked_fill_(self, 0);
        return Compare(logits, positives).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// SimCLR's loss (Chen et al., arXiv 2002.05709): two views of each image, each other's only positive among all views. The
    /// multi-positive loss with sets of two.
    /// </summary>
    /// <param name="first">First views, <c>[N, D]</c>, not normalised.</param>
    /// <param name="second">Second views of the same images, <c>[N, D]</c>.</param>
    /// <param name="temperature">What the cosines are divided by, positive.</param>
    public static ContrastiveResult NtXent(Tensor first, Tensor second, double temperature)
    {
        using var scope = NewDisposeScope();
        var sets = arange(first.shape[0], dtype: ScalarType.Int64, device: first.device).repeat(2);
        return MultiPositive(cat([first, second], 0), sets, temperature).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The image-text loss of CLIP (Radford et al., arXiv 2103.00020) with several images a caption: cross-entropy of each image over the
    /// captions and of each caption over the images, uniform over its own images; the mean of both directions.
    /// </summary>
    /// <param name="images"><c>[N, D]</c>, not normalised.</param>
    /// <param name="texts"><c>[T, D]</c>, not normalised.</param>
    /// <param name="imageSets"><c>[N]</c> int64: the caption of each image.</param>
    /// <param name="textSets"><c>[T]</c> int64: the caption of each text.</param>
    /// <param name="scale">What the cosines are multiplied by, a tensor of one element: the exponential of the learned value.</param>
    /// <returns>The loss; its rows are those of the images, with half of their caption's share added.</returns>
    public static ContrastiveResult ImageText(Tensor images, Tensor texts, Tensor imageSets, Tensor textSets, Tensor scale)
    {
        using var scope = NewDisposeScope();
        using var exact = Autocast.Off(images.device_type);
        var logits = Normalize(images).matmul(Normalize(texts).t()) * scale;    // [N, T]
        var positives = imageSets.unsqueeze(1).eq(textSets.unsqueeze(0)).to(ScalarType.Float32);
        var fromImages = Compare(logits, positives);
        var fromTexts = Compare(logits.t(), positives.t());
        var share = positives / positives.sum(1, keepdim: true).clamp(min: 1);
        var rows = (fromImages.Rows + share.matmul(fromTexts.Rows)) / 2;
        return new ContrastiveResult((fromImages.Loss + fromTexts.Loss) / 2, rows, fromImages.Accuracy).MoveToOuterDisposeScope();
    }

    private static ContrastiveResult Compare(Tensor logits, Tensor positives)
    {
        var counts = positives.sum(1, keepdim: true);
        var target = positives / counts.clamp(min: 1);
        var rows = target.mul(nn.functional.log_softmax(logits, 1)).sum(1).neg();
        var loss = rows.mean();
        using var noGrad = no_grad();
        var hits = positives.gather(1, logits.argmax(1, keepdim: true)).sum();
        return new ContrastiveResult(loss, rows.detach(), hits / counts.gt(0).sum().clamp(min: 1));
    }

    private static Tensor Normalize(Tensor rows) => nn.functional.normalize(rows.to(ScalarType.Float32), p: 2, dim: 1);
}

/// <summary>What a contrastive loss gives.</summary>
/// <param name="Loss">The mean over the rows, a scalar with its graph.</param>
/// <param name="Rows">The loss of each row, <c>[N]</c>, without graph.</param>
/// <param name="Accuracy">The share of rows with a positive whose most similar other row is one, a scalar without graph, in [0, 1].</param>
public sealed record ContrastiveResult(Tensor Loss, Tensor Rows, Tensor Accuracy)
{
    internal ContrastiveResult MoveToOuterDisposeScope()
    {
        Loss.MoveToOuterDisposeScope();
        Rows.MoveToOuterDisposeScope();
        Accuracy.MoveToOuterDisposeScope();
        return this;
    }
}
