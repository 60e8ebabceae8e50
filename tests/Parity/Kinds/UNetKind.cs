using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>One prediction of a checkpoint's UNet.</summary>
internal static class UNetKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        using var unet = UNet2DConditionModel.Load(Path.Combine(parity.PathIn("model"), "unet"));
        using var inference = inference_mode();
        return new Dictionary<string, Tensor>
        {
            ["sample"] = unet.call(parity.In("sample"), parity.In("timestep"), parity.In("encoder_hidden_states")),
        };
    }
}
