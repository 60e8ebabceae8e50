using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Random weights that depend on the seed and each parameter's place alone, never on torch's global generator.</summary>
internal static class ModuleInitialization
{
    /// <summary>
    /// Matrices and convolutions uniform with the variance gain² / fan in, embeddings normal with deviation 0.02, norms' weights one, all biases zero.
    /// </summary>
    /// <param name="module">The module to fill.</param>
    /// <param name="seed">Decides the values.</param>
    /// <param name="gain">1 keeps the size of a signal (LeCun et al. 1998); PyTorch's own layers have 1/√3.</param>
    public static void Fill(nn.Module module, ulong seed, double gain)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(seed, CPU);
        foreach (var (name, parameter) in module.named_parameters())
        {
            using var scope = NewDisposeScope();
            if (parameter.dim() <= 1)
            {
                parameter.fill_(name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0);
            }
            else if (name.Contains("embedding.", StringComparison.Ordinal) && !name.Contains("time_embedding", StringComparison.Ordinal))
            {
                parameter.copy_(randn(parameter.shape, generator: generator) * 0.02);
            }
            else
            {
                var bound = gain * Math.Sqrt(3) / Math.Sqrt(parameter.shape.Skip(1).Aggregate(1L, (product, size) => product * size));
                parameter.copy_(((rand(parameter.shape, generator: generator) * 2) - 1) * bound);
            }
        }
    }

    /// <summary>
    /// Fills a VAE so that it starts as an almost linear and almost noiseless map: residual branches end in zeros, and the encoder claims a
    /// small variance. Otherwise the first hundreds of steps carry only the coarsest brightness through the latents, and colours come last.
    /// </summary>
    public static void FillVae(AutoencoderKL vae, ulong seed)
    {
        const double logVariance = -6;
        Fill(vae, seed, gain: 1);
        using var noGrad = no_grad();
        var last = vae.Config.UseQuantConv ? "quant_conv.bias" : "encoder.conv_out.bias";
        foreach (var (name, parameter) in vae.named_parameters())
        {
            if (name.EndsWith(".conv2.weight", StringComparison.Ordinal))
            {
                parameter.zero_();
            }
            else if (name == last)
            {
                using var variances = parameter.narrow(0, vae.Config.LatentChannels, vae.Config.LatentChannels);
                variances.fill_(logVariance);
            }
        }
    }
}
