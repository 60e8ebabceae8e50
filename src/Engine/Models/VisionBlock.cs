using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StableRep.Engine.Models;

/// <summary>One pre-norm block: attention, then an MLP, each added to its input.</summary>
internal sealed class VisionBlock : Module<Tensor, Tensor>
{
    private readonly LayerNorm norm1;
    private readonly Attention attn;
    private readonly LayerNorm norm2;
    private readonly Mlp mlp;

    public VisionBlock(VisionTransformerConfig config)
        : base(nameof(VisionBlock))
    {
        norm1 = LayerNorm(config.Width, VisionTransformerConfig.NormEpsilon);
        attn = new Attention(config);
        norm2 = LayerNorm(config.Width, VisionTransformerConfig.NormEpsilon);
        mlp = new Mlp(config);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => Run(input, null, null);

    /// <summary><c>[B, N, D] -> [B, N, D]</c>; the factors <c>[B]</c> scale the branches of each image.</summary>
    public Tensor Run(Tensor input, Tensor? attentionFactor, Tensor? mlpFactor)
    {
        using var scope = NewDisposeScope();
        var middle = input + Scale(attn.forward(norm1.forward(input)), attentionFactor);
        return (middle + Scale(mlp.forward(norm2.forward(middle)), mlpFactor)).MoveToOuterDisposeScope();
    }

    private static Tensor Scale(Tensor branch, Tensor? factor) => factor is null ? branch : branch * factor.view(-1, 1, 1);

    private sealed class Attention : Module<Tensor, Tensor>
    {
        private readonly Linear qkv;
        private readonly Linear proj;
        private readonly int _heads;

        public Attention(VisionTransformerConfig config)
            : base(nameof(Attention))
        {
            qkv = Linear(config.Width, 3 * config.Width, hasBias: config.QkvBias);
            proj = Linear(config.Width, config.Width);
            _heads = config.Heads;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var (batch, count, width) = (input.shape[0], input.shape[1], input.shape[2]);
            var parts = qkv.forward(input)                                       // [B, N, 3 D]
                .view(batch, count, 3, _heads, width / _heads)
                .permute(2, 0, 3, 1, 4)                                          // [3, B, heads, N, D / heads]
                .unbind(0);
            var mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
                .transpose(1, 2)
                .reshape(batch, count, width);
            return proj.forward(mixed).MoveToOuterDisposeScope();
        }
    }

    private sealed class Mlp : Module<Tensor, Tensor>
    {
        private readonly Linear fc1;
        private readonly Linear fc2;

        public Mlp(VisionTransformerConfig config)
            : base(nameof(Mlp))
        {
            fc1 = Linear(config.Width, config.MlpWidth);
            fc2 = Linear(config.MlpWidth, config.Width);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return fc2.forward(functional.gelu(fc1.forward(input))).MoveToOuterDisposeScope();
        }
    }
}
