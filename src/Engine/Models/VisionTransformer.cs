using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace StableRep.Engine.Models;

/// <summary>
/// The vision transformer (Dosovitskiy et al., arXiv 2010.11929) with timm's parameter names and numerics. Calling it gives the pooled
/// features, <c>[B, 3, S, S] -> [B, Width]</c>; there is no classification head.
/// </summary>
public sealed class VisionTransformer : Module<Tensor, Tensor>
{
    private readonly Parameter? cls_token;
    private readonly Parameter pos_embed;
    private readonly PatchEmbedding patch_embed;
    private readonly ModuleList<VisionBlock> blocks;
    private readonly LayerNorm? norm;
    private readonly LayerNorm? fc_norm;

    /// <summary>Builds the model with random weights.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="seed">Of the initial weights: equal seeds give equal weights.</param>
    /// <param name="scheme">How the initial weights are drawn.</param>
    /// <exception cref="NotSupportedException">The configuration's parts do not fit each other.</exception>
    public VisionTransformer(VisionTransformerConfig config, ulong seed = 0, WeightScheme scheme = WeightScheme.Timm)
        : base(nameof(VisionTransformer))
    {
        config.Validate();
        Config = config;
        patch_embed = new PatchEmbedding(config);
        cls_token = config.ClassToken ? new Parameter(zeros(1, 1, config.Width)) : null;
        pos_embed = config.Positions == PositionKind.SinCos
            ? new Parameter(VisionPositions.SinCos(config), requires_grad: false)
            : new Parameter(zeros(1, VisionPositions.Count(config), config.Width));
        blocks = new ModuleList<VisionBlock>([.. Enumerable.Range(0, config.Depth).Select(_ => new VisionBlock(config))]);
        norm = config.NormsFeatures ? null : LayerNorm(config.Width, VisionTransformerConfig.NormEpsilon);
        fc_norm = config.NormsFeatures ? LayerNorm(config.Width, VisionTransformerConfig.NormEpsilon) : null;
        RegisterComponents();
        if (pos_embed.device_type != DeviceType.META)
        {
            VisionTransformerWeights.Draw(this, seed, scheme);
        }
    }

    /// <summary>The shape.</summary>
    public VisionTransformerConfig Config { get; }

    /// <summary>Features of images.</summary>
    /// <param name="input">Normalised images, <c>[B, 3, S, S]</c>.</param>
    /// <returns><c>[B, Width]</c>.</returns>
    public override Tensor forward(Tensor input) => Encode(input);

    /// <summary>Features of images.</summary>
    /// <param name="images">Normalised images, <c>[B, 3, S, S]</c>.</param>
    /// <param name="dropPath">What <see cref="DrawDropPath"/> gave for these images, or null to leave no branch out.</param>
    /// <returns><c>[B, Width]</c>.</returns>
    public Tensor Encode(Tensor images, Tensor? dropPath = null)
    {
        using var scope = NewDisposeScope();
        return Pool(Tokens(images, dropPath)).MoveToOuterDisposeScope();
    }

    /// <summary>The tokens after the last block and, unless it comes after pooling, the final norm (timm's <c>forward_features</c>).</summary>
    /// <param name="images">Normalised images, <c>[B, 3, S, S]</c>.</param>
    /// <param name="dropPath">What <see cref="DrawDropPath"/> gave for these images, or null to leave no branch out.</param>
    /// <returns><c>[B, TokenCount, Width]</c>.</returns>
    /// <exception cref="ArgumentException">The images have another size or number of channels.</exception>
    public Tensor Tokens(Tensor images, Tensor? dropPath = null)
    {
        if (images.dim() != 4 || images.shape[1] != Config.Channels || images.shape[2] != Config.ImageSize || images.shape[3] != Config.ImageSize)
        {
            throw new ArgumentException(
                $"The encoder takes images [B, {Config.Channels}, {Config.ImageSize}, {Config.ImageSize}], not [{string.Join(", ", images.shape)}].",
                nameof(images));
        }

        using var scope = NewDisposeScope();
        var tokens = AddPositions(patch_embed.forward(images));
        for (var index = 0; index < blocks.Count; index++)
        {
            tokens = blocks[index].Run(tokens, dropPath?[2 * index], dropPath?[(2 * index) + 1]);
        }

        return (norm?.forward(tokens) ?? tokens).MoveToOuterDisposeScope();
    }

    /// <summary>Turns the tokens of <see cref="Tokens"/> into features.</summary>
    /// <param name="tokens"><c>[B, TokenCount, Width]</c>.</param>
    /// <returns><c>[B, Width]</c>.</returns>
    public Tensor Pool(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var features = Config.Pooling == TokenPooling.ClassToken
            ? tokens[TensorIndex.Colon, 0]
            : (Config.ClassToken ? tokens[TensorIndex.Colon, 1..] : tokens).mean([1]);
        return (fc_norm?.forward(features) ?? features).MoveToOuterDisposeScope();
    }

    /// <summary>Draws which branches of which images training leaves out.</summary>
    /// <param name="batch">The number of images.</param>
    /// <param name="generator">The CPU generator to draw from.</param>
    /// <returns>
    /// The factor of each branch, <c>[2 * Depth, B]</c> on the weights' device: 0, or 1 over the chance to stay; null when
    /// <see cref="VisionTransformerConfig.DropPathRate"/> is 0. Columns may be taken to encode a part of the batch.
    /// </returns>
    public Tensor? DrawDropPath(int batch, Generator generator)
    {
        if (Config.DropPathRate == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var keep = 1 - linspace(0, Config.DropPathRate, Config.Depth).repeat_interleave(2).unsqueeze(1);
        var stays = rand(2 * Config.Depth, batch, generator: generator) < keep;
        return (stays.to(ScalarType.Float32) / keep).to(pos_embed.device).MoveToOuterDisposeScope();
    }

    private Tensor AddPositions(Tensor patches)
    {
        if (cls_token is null)
        {
            return patches + pos_embed;
        }

        var first = cls_token.expand(patches.shape[0], -1, -1);
        return Config.ClassPosition ? cat([first, patches], 1) + pos_embed : cat([first, patches + pos_embed], 1);
    }
}
