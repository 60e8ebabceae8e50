using static TorchSharp.torch;

namespace StableRep.Engine.Tests;

internal static class TensorComparison
{
    /// <summary>Whether two tensors have one shape and every element the same bits (TorchSharp's <c>equal</c> compares element by element).</summary>
    public static bool SameAs(this Tensor first, Tensor second)
    {
        using var scope = NewDisposeScope();
        return first.dtype == second.dtype && first.shape.AsSpan().SequenceEqual(second.shape)
            && first.detach().cpu().contiguous().bytes.SequenceEqual(second.detach().cpu().contiguous().bytes);
    }
}
