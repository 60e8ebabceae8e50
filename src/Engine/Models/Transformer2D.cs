using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>Transformer blocks over the pixels of a feature map, with a skip connection around them all.</summary>
internal sealed class Transformer2D : nn.Module
{
    private const double NormEpsilon = 1e-6;
    private readonly GroupNorm norm;

    // A 1×1 convolution in SD 1.x and a linear layer in SD 2.x: the same product, other shapes in the checkpoint.
    private readonly nn.Module<Tensor, Tensor> proj_in;
    private readonly ModuleList<TransformerBlock> transformer_blocks;
    private readonly nn.Module<Tensor, Tensor> proj_out;

    public Transformer2D(int channels, int heads, int layers, int textWidth, int groups, bool linearProjection, Device? device)
        : base(nameof(Transformer2D))
    {
        var headWidth = channels / heads;
        var inner = heads * headWidth;
        norm = Layers.GroupNorm(groups, channels, NormEpsilon, device);
        proj_in = linearProjection ? nn.Linear(channels, inner, device: device) : Layers.Conv1x1(channels, inner, device);
        transformer_blocks = new ModuleList<TransformerBlock>(
            [.. Enumerable.Range(0, layers).Select(_ => new TransformerBlock(inner, heads, headWidth, textWidth, device))]);
        proj_out = linearProjection ? nn.Linear(inner, channels, device: device) : Layers.Conv1x1(inner, channels, device);
        RegisterComponents();
    }

    /// <summary>Zeroes the last projection: the blocks start as their skip connection.</summary>
    public void ZeroBranch() => Layers.Zero(proj_out);

    /// <summary><c>[B, C, H, W]</c> → <c>[B, C, H, W]</c>, in the same memory layout.</summary>
    public Tensor Forward(Tensor x, TextCondition text)
    {
        using var scope = NewDisposeScope();
        var (batch, channels, height, width) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        var h = norm.call(x).permute(0, 2, 3, 1).contiguous().view(batch, height * width, channels);  // [B, HW, C]
        h = Project(proj_in, h);                                                            // [B, HW, I]
        foreach (var block in transformer_blocks)
        {
            using var input = h;
            h = block.Forward(input, text);
        }

        h = Project(proj_out, h).view(batch, height, width, channels).permute(0, 3, 1, 2);  // [B, C, H, W]
        return Fresh.Add(x.is_contiguous() ? h.contiguous() : h, x).MoveToOuterDisposeScope();
    }

    private static Tensor Project(nn.Module<Tensor, Tensor> projection, Tensor tokens)
        => projection is Conv2d conv ? nn.functional.linear(tokens, conv.weight.flatten(1), conv.bias) : projection.call(tokens);
}

/// <summary>Self-attention, attention over the text and a feed-forward layer, each after a layer norm and around a skip connection.</summary>
internal sealed class TransformerBlock : nn.Module
{
    private readonly LayerNorm norm1;
    private readonly Attention attn1;
    private readonly LayerNorm norm2;
    private readonly Attention attn2;
    private readonly LayerNorm norm3;
    private readonly FeedForward ff;

    public TransformerBlock(int channels, int heads, int headWidth, int textWidth, Device? device) : base(nameof(TransformerBlock))
    {
        norm1 = nn.LayerNorm(channels, device: device);
        attn1 = new Attention(channels, heads, headWidth, textWidth: null, bias: false, norm: null, device);
        norm2 = nn.LayerNorm(channels, device: device);
        attn2 = new Attention(channels, heads, headWidth, textWidth, bias: false, norm: null, device);
        norm3 = nn.LayerNorm(channels, device: device);
        ff = new FeedForward(channels, device);
        RegisterComponents();
    }

    /// <summary>The block's number among those of its model, and so its entry in a <see cref="TextCondition"/>.</summary>
    public int TextIndex { get; set; } = -1;

    /// <summary>This block's keys and values of a text <c>[R, L, E]</c>.</summary>
    public KeysValues ProjectText(Tensor text) => attn2.ProjectText(text);

    /// <summary><c>[B, N, C]</c> → <c>[B, N, C]</c>.</summary>
    public Tensor Forward(Tensor x, TextCondition text)
    {
        using var scope = NewDisposeScope();
        var h = Fresh.Add(attn1.call(norm1.call(x)), x);
        h = Fresh.Add(attn2.Attend(norm2.call(h), text[TextIndex]), h);
        return Fresh.Add(ff.call(norm3.call(h)), h).MoveToOuterDisposeScope();
    }
}
