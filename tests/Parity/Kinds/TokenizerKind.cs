using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary><c>texts</c> to <c>ids</c>, one row a text.</summary>
internal static class TokenizerKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        var tokenizer = ClipTokenizer.Load(parity.PathIn("tokenizer"));
        var texts = parity.Json.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!).ToList();
        return new Dictionary<string, Tensor> { ["ids"] = tokenizer.EncodeBatch(texts) };
    }
}
