using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>Classifier-free guidance.</summary>
internal static class Guidance
{
    /// <summary>Combines the halves of a prediction.</summary>
    /// <param name="halves"><c>[2B, C, H, W]</c>: the unconditional predictions, then the conditional ones.</param>
    /// <param name="scale">1 is the conditional prediction, more goes beyond it.</param>
    /// <param name="rescale">How much of the conditional prediction's deviation is given back (Lin et al. 2023, section 3.4).</param>
    /// <returns><c>[B, C, H, W]</c>.</returns>
    public static Tensor Combine(Tensor halves, double scale, double rescale)
    {
        using var scope = NewDisposeScope();
        var (unconditional, conditional) = halves.chunk(2) switch { var parts => (parts[0], parts[1]) };
        var guided = unconditional + (float)scale * (conditional - unconditional);
        if (rescale > 0)
        {
            long[] image = [1, 2, 3];
            var matched = guided * (conditional.std(image, keepdim: true) / guided.std(image, keepdim: true));
            guided = (float)rescale * matched + (float)(1 - rescale) * guided;
        }

        return guided.MoveToOuterDisposeScope();
    }
}
