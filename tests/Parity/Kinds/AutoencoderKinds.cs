using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>A checkpoint's autoencoder, in each direction.</summary>
internal static class AutoencoderKinds
{
    public static IReadOnlyDictionary<string, Tensor> Encode(ParityCase parity)
    {
        using var autoencoder = AutoencoderKL.Load(Path.Combine(parity.PathIn("model"), "vae"));
        using var inference = inference_mode();
        var latents = autoencoder.Encode(parity.In("image"));
        return new Dictionary<string, Tensor> { ["mean"] = latents.Mean, ["logvar"] = latents.LogVariance };
    }

    public static IReadOnlyDictionary<string, Tensor> Decode(ParityCase parity)
    {
        using var autoencoder = AutoencoderKL.Load(Path.Combine(parity.PathIn("model"), "vae"));
        using var inference = inference_mode();
        return new Dictionary<string, Tensor> { ["image"] = autoencoder.Decode(parity.In("latents")) };
    }
}
