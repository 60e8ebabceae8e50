using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>A checkpoint's autoencoder, in each direction.</summary>
internal static class AutoencoderKinds
{
    public static IReadOnlyDictionary<string, Tensor> Encode(ParityCase parity)
    {
        using var autoencoder = Load(parity);
        using var inference = inference_mode();
        var latents = autoencoder.Encode(parity.In("image"));
        return new Dictionary<string, Tensor> { ["mean"] = latents.Mean, ["logvar"] = latents.LogVariance };
    }

    public static IReadOnlyDictionary<string, Tensor> Decode(ParityCase parity)
    {
        using var autoencoder = Load(parity);
        using var inference = inference_mode();
        return new Dictionary<string, Tensor> { ["image"] = autoencoder.Decode(parity.In("latents")) };
    }

    private static AutoencoderKL Load(ParityCase parity)
    {
        var folder = Path.Combine(parity.PathIn("model"), "vae");
        var autoencoder = new AutoencoderKL(AutoencoderKLConfig.Read(ConfigDocument.Load(Path.Combine(folder, "config.json"))));
        using var weights = SafetensorsFile.Open(Path.Combine(folder, "diffusion_pytorch_model.safetensors"));
        ModuleWeights.Load(autoencoder, weights, AutoencoderKL.CurrentName);
        return autoencoder;
    }
}
