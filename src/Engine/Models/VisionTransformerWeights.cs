using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>How the initial weights of a vision transformer are drawn.</summary>
public enum WeightScheme
{
    /// <summary>timm's default: linear weights and positions normal with deviation 0.02, biases 0, class token normal with deviation 1e-6.</summary>
    Timm,

    /// <summary>
    /// MoCo v3's (Chen et al., arXiv 2104.02057): linear weights uniform after Glorot, with queries, keys and values as three matrices,
    /// and so the patch projection, whose bias is 0.
    /// </summary>
    MoCoV3,
}

/// <summary>Draws initial weights from a seed, in fp32 on the CPU, so that they are the same on every device.</summary>
internal static class VisionTransformerWeights
{
    public static void Draw(VisionTransformer model, ulong seed, WeightScheme scheme)
    {
        using var noGrad = no_grad();
        using var generator = new Generator(seed);
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var scope = NewDisposeScope();
            if (parameter.requires_grad && Value(name, parameter, model.Config, scheme, generator) is { } value)
            {
                parameter.copy_(value);
            }
        }
    }

    private static Tensor? Value(string name, Parameter parameter, VisionTransformerConfig config, WeightScheme scheme, Generator generator)
    {
        long[] shape = parameter.shape;
        var inputs = parameter.numel() / shape[0];
        return name switch
        {
            "cls_token" => Normal(1e-6),
            "pos_embed" => Normal(0.02),
            // timm leaves the projection as torch's convolutions start.
            "patch_embed.proj.weight" => Uniform(scheme == WeightScheme.Timm ? 1 / Math.Sqrt(inputs) : Math.Sqrt(6.0 / (inputs + config.Width))),
            "patch_embed.proj.bias" when scheme == WeightScheme.Timm =>
                Uniform(1 / Math.Sqrt(config.Channels * config.PatchSize * config.PatchSize)),
            _ when parameter.dim() == 4 => Normal(Math.Sqrt(2.0 / inputs)),
            _ when name.EndsWith(".bias", StringComparison.Ordinal) => zeros(shape),
            _ when parameter.dim() < 2 => null,
            _ when scheme == WeightScheme.Timm => Normal(0.02),
            _ when name.EndsWith(".qkv.weight", StringComparison.Ordinal) => Uniform(Math.Sqrt(6.0 / ((shape[0] / 3) + inputs))),
            _ => Uniform(Math.Sqrt(6.0 / (shape[0] + inputs))),
        };

        Tensor Normal(double deviation) => randn(shape, generator: generator).mul_(deviation);

        Tensor Uniform(double limit) => rand(shape, generator: generator).mul_(2 * limit).sub_(limit);
    }
}
