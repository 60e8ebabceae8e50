using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Models;

/// <summary>
/// The architecture of an <see cref="AutoencoderKL"/>, as <c>vae/config.json</c> of a diffusers folder says it. The defaults are diffusers'.
/// </summary>
public sealed record AutoencoderKLConfig
{
    /// <summary>Epsilon of every normalisation; no config can change it.</summary>
    internal const double NormEps = 1e-6;

    private const string Down = "DownEncoderBlock2D";
    private const string Up = "UpDecoderBlock2D";

    /// <summary>Channels of a picture, in.</summary>
    public int InChannels { get; init; } = 3;

    /// <summary>Channels of a picture, out.</summary>
    public int OutChannels { get; init; } = 3;

    /// <summary>Channels of each level, from the picture to the latents; each level but the last halves the size.</summary>
    public IReadOnlyList<int> BlockOutChannels { get; init; } = [64];

    /// <summary>Residual blocks of each level of the encoder; the decoder has one more.</summary>
    public int LayersPerBlock { get; init; } = 1;

    /// <summary>The nonlinearity of the residual blocks.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Channels of the latents.</summary>
    public int LatentChannels { get; init; } = 4;

    /// <summary>Groups of each normalisation.</summary>
    public int NormNumGroups { get; init; } = 32;

    /// <summary>Height and width of the pictures that the checkpoint was trained on. The model takes any size.</summary>
    public int SampleSize { get; init; } = 32;

    /// <summary>Latents are multiplied by it for the UNet, so that their variance is about 1, and divided by it before decoding.</summary>
    public double ScalingFactor { get; init; } = 0.18215;

    /// <summary>Whether the encoder ends with a 1×1 convolution.</summary>
    public bool UseQuantConv { get; init; } = true;

    /// <summary>Whether the decoder starts with a 1×1 convolution.</summary>
    public bool UsePostQuantConv { get; init; } = true;

    /// <summary>Whether the lowest level has attention.</summary>
    public bool MidBlockAddAttention { get; init; } = true;

    /// <summary>How many pixels of a picture a latent's side stands for.</summary>
    public int Downscale => 1 << (BlockOutChannels.Count - 1);

    /// <summary>Reads a config file; every key it holds is understood, or harmless, or an error.</summary>
    /// <param name="config">The file.</param>
    /// <exception cref="CheckpointException">A key is missing, unknown or has a value that this model has no code for; the message names file and key.</exception>
    public static AutoencoderKLConfig Read(ConfigDocument config)
    {
        config.Expect("_class_name", "AutoencoderKL");
        config.Expect("act_fn", [.. Activations.Names]);
        config.Expect("shift_factor", [null]);
        config.Expect("latents_mean", [null]);
        config.Expect("latents_std", [null]);
        var defaults = new AutoencoderKLConfig();
        var result = new AutoencoderKLConfig
        {
            InChannels = config.Int32("in_channels", defaults.InChannels),
            OutChannels = config.Int32("out_channels", defaults.OutChannels),
            BlockOutChannels = config.Int32List("block_out_channels", defaults.BlockOutChannels),
            LayersPerBlock = config.Int32("layers_per_block", defaults.LayersPerBlock),
            Activation = Activations.Parse(config.String("act_fn", "silu")),
            LatentChannels = config.Int32("latent_channels", defaults.LatentChannels),
            NormNumGroups = config.Int32("norm_num_groups", defaults.NormNumGroups),
            SampleSize = LevelList.Read(config, "sample_size", [defaults.SampleSize])[0],
            ScalingFactor = config.Double("scaling_factor", defaults.ScalingFactor),
            UseQuantConv = config.Boolean("use_quant_conv", defaults.UseQuantConv),
            UsePostQuantConv = config.Boolean("use_post_quant_conv", defaults.UsePostQuantConv),
            MidBlockAddAttention = config.Boolean("mid_block_add_attention", defaults.MidBlockAddAttention),
        };
        RequireBlocks("down_block_types", Down);
        RequireBlocks("up_block_types", Up);

        // The model always computes in the precision of its weights, which for a VAE is fp32.
        config.RejectUnread("force_upcast");
        try
        {
            result.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException($"{config.Name}: {exception.Message}", exception);
        }

        return result;

        void RequireBlocks(string key, string supported)
        {
            var types = config.StringList(key, [supported]);
            if (types.FirstOrDefault(type => type != supported) is { } other)
            {
                throw new CheckpointException($"{config.Name}: {key} has '{other}'; this autoencoder has {supported}.");
            }

            if (types.Count != result.BlockOutChannels.Count)
            {
                throw new CheckpointException(
                    $"{config.Name}: {key} has {types.Count} levels and block_out_channels {result.BlockOutChannels.Count}: they must agree.");
            }
        }
    }

    /// <summary>The config as <c>vae/config.json</c> of a diffusers folder holds it.</summary>
    public JsonObject ToJson() => new()
    {
        ["_class_name"] = "AutoencoderKL",
        ["act_fn"] = Activation.ToString().ToLowerInvariant(),
        ["block_out_channels"] = new JsonArray([.. BlockOutChannels.Select(channels => JsonValue.Create(channels))]),
        ["down_block_types"] = new JsonArray([.. BlockOutChannels.Select(_ => JsonValue.Create(Down))]),
        ["in_channels"] = InChannels,
        ["latent_channels"] = LatentChannels,
        ["layers_per_block"] = LayersPerBlock,
        ["mid_block_add_attention"] = MidBlockAddAttention,
        ["norm_num_groups"] = NormNumGroups,
        ["out_channels"] = OutChannels,
        ["sample_size"] = SampleSize,
        ["scaling_factor"] = ScalingFactor,
        ["up_block_types"] = new JsonArray([.. BlockOutChannels.Select(_ => JsonValue.Create(Up))]),
        ["use_post_quant_conv"] = UsePostQuantConv,
        ["use_quant_conv"] = UseQuantConv,
    };

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is impossible; the message names the key of the config file.</exception>
    public void Validate()
    {
        LevelList.RequirePositive("block_out_channels", BlockOutChannels);
        LevelList.RequirePositive("layers_per_block", [LayersPerBlock]);
        LevelList.RequirePositive("in_channels", [InChannels]);
        LevelList.RequirePositive("out_channels", [OutChannels]);
        LevelList.RequirePositive("latent_channels", [LatentChannels]);
        LevelList.RequireGroups(BlockOutChannels, NormNumGroups);
        if (BlockOutChannels.Count == 0)
        {
            throw new ArgumentException("block_out_channels is empty: an autoencoder has at least one level.");
        }

        if (ScalingFactor <= 0)
        {
            throw new ArgumentException($"scaling_factor is {ScalingFactor}: it must be positive.");
        }
    }
}
