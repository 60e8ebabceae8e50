using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// The gradient of a contrastive loss over a batch whose graph would not fit the device (Gao et al., arXiv 2101.06983): features are computed
/// in chunks without a graph, the loss gives the gradient at the features, and each chunk is encoded again, with its graph, to carry that
/// gradient on to the weights. The same gradient as in one pass, for about a third more computation; memory holds one chunk's graph.
/// </summary>
internal static class GradientCache
{
    /// <summary>Adds the loss's gradient to the parameters'.</summary>
    /// <param name="parts">The encoders of the batch. Encoding a range twice must give the same features.</param>
    /// <param name="loss">The loss of all features, one tensor a part; called once, with graph.</param>
    /// <param name="chunk">The most rows that are encoded with a graph at once; 0 for all.</param>
    /// <param name="scale">What the loss is multiplied by before the backward pass.</param>
    /// <returns>The loss, in the caller's dispose scope.</returns>
    public static MethodLoss Backward(
        IReadOnlyList<EncoderPart> parts, Func<IReadOnlyList<Tensor>, MethodLoss> loss, long chunk = 0, double scale = 1)
    {
        using var scope = NewDisposeScope();
        if (chunk == 0 || parts.All(part => part.Count <= chunk))
        {
            var result = loss([.. parts.Select(part => part.Encode(0, part.Count))]);
            (result.Total * scale).backward();
            return result.MoveToOuterDisposeScope();
        }

        var features = parts.Select(part => EncodeWithoutGraph(part, chunk).requires_grad_()).ToList();
        var whole = loss(features);
        (whole.Total * scale).backward();
        foreach (var (part, feature) in parts.Zip(features))
        {
            if (feature.grad is not { } gradient)
            {
                continue;
            }

            foreach (var (start, count) in Chunks(part.Count, chunk))
            {
                using var step = NewDisposeScope();
                autograd.backward([part.Encode(start, count)], [gradient.narrow(0, start, count)]);
            }
        }

        return whole.MoveToOuterDisposeScope();
    }

    private static Tensor EncodeWithoutGraph(EncoderPart part, long chunk)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var chunks = new List<Tensor>();
        foreach (var (start, count) in Chunks(part.Count, chunk))
        {
            chunks.Add(part.Encode(start, count));
        }

        return cat(chunks, 0).MoveToOuterDisposeScope();
    }

    private static IEnumerable<(long Start, long Count)> Chunks(long count, long chunk)
    {
        for (long start = 0; start < count; start += chunk)
        {
            yield return (start, Math.Min(chunk, count - start));
        }
    }
}

/// <summary>One encoder of a batch: the images, or the texts.</summary>
/// <param name="Count">The number of rows.</param>
/// <param name="Encode">Features of rows start to start + count, fp32 <c>[count, D]</c>.</param>
internal sealed record EncoderPart(long Count, Func<long, long, Tensor> Encode);
