using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>One prediction of a checkpoint's UNet.</summary>
internal static class UNetKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        var folder = Path.Combine(parity.PathIn("model"), "unet");
        using var unet = new UNet2DConditionModel(UNet2DConditionConfig.Read(ConfigDocument.Load(Path.Combine(folder, "config.json"))));
        using (var weights = SafetensorsFile.Open(Path.Combine(folder, "diffusion_pytorch_model.safetensors")))
        {
            ModuleWeights.Load(unet, weights);
        }

        using var inference = inference_mode();
        return new Dictionary<string, Tensor>
        {
            ["sample"] = unet.call(parity.In("sample"), parity.In("timestep"), parity.In("encoder_hidden_states")),
        };
    }
}
