using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>A checkpoint's text encoder, with and without its last block.</summary>
internal static class ClipTextKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        using var model = ClipTextModel.Load(Path.Combine(parity.PathIn("model"), "text_encoder"));
        using var inference = inference_mode();
        var ids = parity.In("input_ids");
        return new Dictionary<string, Tensor> { ["last_hidden_state"] = model.call(ids), ["clip_skip_1"] = model.Tokens(ids, clipSkip: 1) };
    }
}
