using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>A vision transformer's tokens, features and the gradients of the features' sum of squares.</summary>
internal static class VisionTransformerKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        var encoder = VisionTransformerFolder.Load(parity.PathIn("model"));
        var image = parity.In("image").requires_grad_();
        var tokens = encoder.Tokens(image);
        var features = encoder.Pool(tokens);
        features.square().sum().backward();
        return new Dictionary<string, Tensor>
        {
            ["tokens"] = tokens,
            ["features"] = features,
            ["grad_image"] = image.grad!,
            ["grad_patch_weight"] = encoder.get_parameter("patch_embed.proj.weight")!.grad!,
        };
    }
}
