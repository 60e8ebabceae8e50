using StableRep.Engine.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// The autoencoder of Stable Diffusion 1.x and 2.x: pictures to the mean and variance of latents of 1/2^(levels - 1) of the size, and back
/// (Rombach et al. 2022, arXiv 2112.10752; Kingma and Welling 2014). Tensor names are those of diffusers' checkpoints.
/// </summary>
public sealed class AutoencoderKL : nn.Module<Tensor, Tensor>
{
    private readonly Encoder encoder;
    private readonly Decoder decoder;
    private readonly Conv2d? quant_conv;
    private readonly Conv2d? post_quant_conv;

    /// <summary>Builds the model with random weights, as PyTorch initialises such layers.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="device">Where the parameters live; null for the CPU.</param>
    /// <exception cref="ArgumentException">The config contradicts itself; the message names the key.</exception>
    public AutoencoderKL(AutoencoderKLConfig config, Device? device = null) : base(nameof(AutoencoderKL))
    {
        config.Validate();
        Config = config;
        encoder = new Encoder(config, device);
        decoder = new Decoder(config, device);
        quant_conv = config.UseQuantConv ? Layers.Conv1x1(2 * config.LatentChannels, 2 * config.LatentChannels, device) : null;
        post_quant_conv = config.UsePostQuantConv ? Layers.Conv1x1(config.LatentChannels, config.LatentChannels, device) : null;
        RegisterComponents();
    }

    /// <summary>The architecture.</summary>
    public AutoencoderKLConfig Config { get; }

    /// <summary>Reads a component's folder in the diffusers layout: <c>config.json</c> and weights.</summary>
    /// <param name="folder">The folder, such as <c>vae</c> of a checkpoint.</param>
    /// <param name="variant">The weights' variant, such as <c>fp16</c>; null for those without.</param>
    /// <param name="device">Where the parameters go, in fp32; null for the CPU.</param>
    /// <exception cref="CheckpointException">The config or the weights do not fit this model; the message names file and key or tensors.</exception>
    public static AutoencoderKL Load(string folder, string? variant = null, Device? device = null)
    {
        var config = AutoencoderKLConfig.Read(ConfigDocument.Load(Path.Combine(folder, "config.json")));
        return Layers.Load(() => new AutoencoderKL(config, META), folder, variant, device);
    }

    /// <summary>The distribution of latents of pictures, before scaling.</summary>
    /// <param name="image">Pictures <c>[B, 3, H, W]</c> in [-1, 1].</param>
    /// <returns>Mean and log variance, each <c>[B, latent_channels, h, w]</c>.</returns>
    public LatentDistribution Encode(Tensor image)
    {
        using var scope = NewDisposeScope();
        var moments = encoder.call(image.to(encoder.Type));   // [B, 2·Z, h, w]
        var halves = (quant_conv is null ? moments : quant_conv.call(moments)).chunk(2, 1);
        return new LatentDistribution(
            halves[0].contiguous().MoveToOuterDisposeScope(),
            halves[1].contiguous().clamp(LatentDistribution.MinLogVariance, LatentDistribution.MaxLogVariance).MoveToOuterDisposeScope());
    }

    /// <summary>Pictures of latents.</summary>
    /// <param name="latents">Latents <c>[B, latent_channels, h, w]</c>, already divided by the scaling factor.</param>
    /// <returns><c>[B, 3, H, W]</c>, about [-1, 1], not clamped.</returns>
    public Tensor Decode(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var z = latents.to(encoder.Type);
        return decoder.call(post_quant_conv is null ? z : post_quant_conv.call(z)).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Decodes the mean of the encoding: the reconstruction without noise.</summary>
    /// <param name="image">Pictures <c>[B, 3, H, W]</c> in [-1, 1].</param>
    /// <returns><c>[B, 3, H, W]</c></returns>
    public override Tensor forward(Tensor image)
    {
        using var scope = NewDisposeScope();
        return Decode(Encode(image).Mean).MoveToOuterDisposeScope();
    }

    private static ResnetBlock2D.Options Resnets(AutoencoderKLConfig config) => new(config.NormNumGroups, AutoencoderKLConfig.NormEps, config.Activation);

    private sealed class Encoder : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv_in;
        private readonly ModuleList<EncoderBlock> down_blocks;
        private readonly AutoencoderMidBlock mid_block;
        private readonly GroupNorm conv_norm_out;
        private readonly Conv2d conv_out;

        public Encoder(AutoencoderKLConfig config, Device? device) : base(nameof(Encoder))
        {
            var channels = config.BlockOutChannels;
            conv_in = Layers.Conv3x3(config.InChannels, channels[0], device);
            down_blocks = new ModuleList<EncoderBlock>(
                [
                    .. channels.Select((width, level) => new EncoderBlock(
                        channels[Math.Max(level - 1, 0)], width, config.LayersPerBlock, Resnets(config), level < channels.Count - 1, device)),
                ]);
            mid_block = new AutoencoderMidBlock(channels[^1], Resnets(config), config.MidBlockAddAttention, device);
            conv_norm_out = Layers.GroupNorm(config.NormNumGroups, channels[^1], AutoencoderKLConfig.NormEps, device);
            conv_out = Layers.Conv3x3(channels[^1], 2 * config.LatentChannels, device);
            RegisterComponents();
        }

        public ScalarType Type => conv_in.weight.dtype;

        // [B, 3, H, W] → [B, 2·Z, h, w]
        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            x = conv_in.call(x);
            foreach (var block in down_blocks)
            {
                using var input = x;
                x = block.call(input);
            }

            // SiLU whatever act_fn says: so the checkpoints were trained.
            x = Activation.Silu.OfFresh(conv_norm_out.call(mid_block.call(x)));
            return conv_out.call(x).MoveToOuterDisposeScope();
        }
    }

    private sealed class Decoder : nn.Module<Tensor, Tensor>
    {
        private readonly Conv2d conv_in;
        private readonly ModuleList<DecoderBlock> up_blocks;
        private readonly AutoencoderMidBlock mid_block;
        private readonly GroupNorm conv_norm_out;
        private readonly Conv2d conv_out;

        public Decoder(AutoencoderKLConfig config, Device? device) : base(nameof(Decoder))
        {
            var channels = config.BlockOutChannels.Reverse().ToArray();
            conv_in = Layers.Conv3x3(config.LatentChannels, channels[0], device);
            mid_block = new AutoencoderMidBlock(channels[0], Resnets(config), config.MidBlockAddAttention, device);
            up_blocks = new ModuleList<DecoderBlock>(
                [
                    .. channels.Select((width, position) => new DecoderBlock(
                        channels[Math.Max(position - 1, 0)], width, config.LayersPerBlock + 1, Resnets(config), position < channels.Length - 1, device)),
                ]);
            conv_norm_out = Layers.GroupNorm(config.NormNumGroups, channels[^1], AutoencoderKLConfig.NormEps, device);
            conv_out = Layers.Conv3x3(channels[^1], config.OutChannels, device);
            RegisterComponents();
        }

        // [B, Z, h, w] → [B, 3, H, W]
        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            x = mid_block.call(conv_in.call(x));
            foreach (var block in up_blocks)
            {
                using var input = x;
                x = block.call(input);
            }

            return conv_out.call(Activation.Silu.OfFresh(conv_norm_out.call(x))).MoveToOuterDisposeScope();
        }
    }
}
