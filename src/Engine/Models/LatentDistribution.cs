using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>The normal distribution, one a number, of the latents of a picture. The tensors belong to the dispose scope they were made in.</summary>
/// <param name="Mean">Means <c>[B, latent_channels, h, w]</c>.</param>
/// <param name="LogVariance">Logarithms of the variances, of the same shape, in [<see cref="MinLogVariance"/>, <see cref="MaxLogVariance"/>].</param>
public sealed record LatentDistribution(Tensor Mean, Tensor LogVariance)
{
    /// <summary>Lower values are raised to it.</summary>
    public const double MinLogVariance = -30;

    /// <summary>Higher values are lowered to it.</summary>
    public const double MaxLogVariance = 20;

    /// <summary>Latents from standard normal noise.</summary>
    /// <param name="noise">Noise of the shape of the mean.</param>
    public Tensor Sample(Tensor noise)
    {
        using var scope = NewDisposeScope();
        return (Mean + ((0.5 * LogVariance).exp() * noise)).MoveToOuterDisposeScope();
    }

    /// <summary>The Kullback-Leibler divergence from the standard normal distribution in nats, summed over a picture's latents: <c>[B]</c>.</summary>
    public Tensor DivergenceFromNormal()
    {
        using var scope = NewDisposeScope();
        return (0.5 * (Mean.square() + LogVariance.exp() - 1 - LogVariance).sum([1, 2, 3])).MoveToOuterDisposeScope();
    }
}
