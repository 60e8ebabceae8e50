using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// Multi-head attention of tokens over themselves, or over a text whose keys and values were projected before
/// (they depend on the text alone, so one projection serves every denoising step).
/// </summary>
internal sealed class Attention : nn.Module<Tensor, Tensor>
{
    // Only an autoencoder's attention has a norm of its own; the key stands in its checkpoints.
    private readonly GroupNorm? group_norm;
    private readonly Linear to_q;
    private readonly Linear to_k;
    private readonly Linear to_v;
    private readonly ModuleList<Linear> to_out;
    private readonly int _heads;

    /// <param name="channels">Width C of the tokens, in and out.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="headWidth">Width of a head; heads · headWidth is the inner width I.</param>
    /// <param name="textWidth">Width of the text's tokens; null for self-attention.</param>
    /// <param name="bias">Whether queries, keys and values have a bias.</param>
    /// <param name="norm">The normalisation of the input, if this layer owns one.</param>
    /// <param name="device">Where the parameters live.</param>
    public Attention(int channels, int heads, int headWidth, int? textWidth, bool bias, GroupNorm? norm, Device? device)
        : base(nameof(Attention))
    {
        var inner = heads * headWidth;
        _heads = heads;
        group_norm = norm;
        to_q = nn.Linear(channels, inner, bias, device);
        to_k = nn.Linear(textWidth ?? channels, inner, bias, device);
        to_v = nn.Linear(textWidth ?? channels, inner, bias, device);
        to_out = new ModuleList<Linear>(nn.Linear(inner, channels, device: device));
        RegisterComponents();
    }

    /// <summary>The layer's own normalisation.</summary>
    public GroupNorm? Norm => group_norm;

    /// <summary>Keys and values of a text <c>[R, L, E]</c> → 2 × <c>[R, heads, L, I / heads]</c>.</summary>
    public KeysValues ProjectText(Tensor text)
    {
        using var scope = NewDisposeScope();
        return new KeysValues(
            SplitHeads(to_k.call(text), text.shape[0]).MoveToOuterDisposeScope(),
            SplitHeads(to_v.call(text), text.shape[0]).MoveToOuterDisposeScope());
    }

    /// <summary>Self-attention: <c>[B, N, C]</c> → <c>[B, N, C]</c>.</summary>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var rows = tokens.shape[0];
        var h = nn.functional.scaled_dot_product_attention(
            SplitHeads(to_q.call(tokens), rows), SplitHeads(to_k.call(tokens), rows), SplitHeads(to_v.call(tokens), rows));
        return JoinHeads(h, tokens).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Attention of <c>[B, N, C]</c> over R texts, where B is a multiple m of R and text r serves the m rows from r · m on. Queries do not see each other,
    /// so the m pictures of a text are one long row of queries: its keys are neither projected nor copied again.
    /// </summary>
    public Tensor Attend(Tensor tokens, KeysValues text)
    {
        using var scope = NewDisposeScope();
        var queries = SplitHeads(to_q.call(tokens), text.Keys.shape[0]);    // [R, heads, m·N, I / heads]
        return JoinHeads(nn.functional.scaled_dot_product_attention(queries, text.Keys, text.Values), tokens).MoveToOuterDisposeScope();
    }

    // [B, N, I] → [rows, heads, B·N / rows, I / heads], a view
    private Tensor SplitHeads(Tensor x, long rows) => x.view(rows, -1, _heads, x.shape[^1] / _heads).transpose(1, 2);

    // [rows, heads, B·N / rows, I / heads] → [B, N, C]
    private Tensor JoinHeads(Tensor h, Tensor tokens)
        => to_out[0].call(h.transpose(1, 2).reshape(tokens.shape[0], tokens.shape[1], -1));
}

/// <summary>The projections of a text in one attention layer, each <c>[R, heads, L, head width]</c>.</summary>
internal readonly record struct KeysValues(Tensor Keys, Tensor Values);
