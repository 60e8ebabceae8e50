using System.Globalization;

namespace StableRep.Engine.Checkpoints;

/// <summary>
/// Translates the tensor names of the original Stable Diffusion code (latent-diffusion, CompVis) to those of diffusers and transformers. Both
/// build the same network: the original numbers its blocks through (<c>input_blocks.4.1</c>), diffusers by level (<c>down_blocks.1.attentions.0</c>).
/// </summary>
internal sealed class LatentDiffusionNames
{
    /// <summary>Before the UNet's names.</summary>
    public const string UNetPrefix = "model.diffusion_model.";

    /// <summary>Before the VAE's names.</summary>
    public const string VaePrefix = "first_stage_model.";

    /// <summary>Before the text encoder's names.</summary>
    public const string TextPrefix = "cond_stage_model.transformer.";

    private static readonly Dictionary<string, string> ResnetParts = new()
    {
        ["in_layers.0"] = "norm1",
        ["in_layers.2"] = "conv1",
        ["emb_layers.1"] = "time_emb_proj",
        ["out_layers.0"] = "norm2",
        ["out_layers.3"] = "conv2",
        ["skip_connection"] = "conv_shortcut",
    };

    private static readonly Dictionary<string, string> VaeAttentionParts = new()
    {
        ["norm"] = "group_norm",
        ["q"] = "to_q",
        ["k"] = "to_k",
        ["v"] = "to_v",
        ["proj_out"] = "to_out.0",
    };

    private readonly Dictionary<string, string> _unetBlocks;
    private readonly int _vaeLevels;

    private LatentDiffusionNames(Dictionary<string, string> unetBlocks, int vaeLevels)
    {
        _unetBlocks = unetBlocks;
        _vaeLevels = vaeLevels;
    }

    /// <summary>The names of a UNet and a VAE with these configurations.</summary>
    public static LatentDiffusionNames For(ConfigDocument unet, ConfigDocument vae) => new(
        UNetBlocks(unet.StringList("down_block_types"), unet.StringList("up_block_types"), unet.Int32("layers_per_block")),
        vae.StringList("down_block_types").Count);

    /// <summary>diffusers' name of a UNet's tensor (without <see cref="UNetPrefix"/>), or null where there is none.</summary>
    public string? UNet(string name)
    {
        var parts = name.Split('.');
        var depth = parts[0] is "middle_block" ? 2 : parts[0] is "input_blocks" or "output_blocks" ? 3 : 0;
        if (depth == 0)
        {
            var (module, kind) = SplitLast(name);
            return _unetBlocks.TryGetValue(module, out var outer) ? $"{outer}.{kind}" : null;
        }

        if (parts.Length <= depth || !_unetBlocks.TryGetValue(string.Join('.', parts[..depth]), out var block))
        {
            return null;
        }

        var (part, end) = SplitLast(string.Join('.', parts[depth..]));
        if (part.Length == 0)
        {
            // conv_in alone is a bare module where other blocks hold several.
            return block == "conv_in" ? $"{block}.{end}" : null;
        }

        return (block, part) switch
        {
            _ when block.Contains(".resnets.", StringComparison.Ordinal) => ResnetParts.TryGetValue(part, out var renamed) ? $"{block}.{renamed}.{end}" : null,
            _ when block.Contains(".attentions.", StringComparison.Ordinal) => $"{block}.{part}.{end}",
            _ when block.Contains(".downsamplers.", StringComparison.Ordinal) => part == "op" ? $"{block}.conv.{end}" : null,
            _ when block.Contains(".upsamplers.", StringComparison.Ordinal) => part == "conv" ? $"{block}.conv.{end}" : null,
            _ => null,
        };
    }

    /// <summary>diffusers' name of a VAE's tensor (without <see cref="VaePrefix"/>), or null where there is none.</summary>
    public string? Vae(string name)
    {
        var parts = name.Split('.');
        return parts switch
        {
            ["quant_conv" or "post_quant_conv", var kind] => $"{parts[0]}.{kind}",
            ["encoder" or "decoder", "conv_in" or "conv_out", var kind] => $"{parts[0]}.{parts[1]}.{kind}",
            ["encoder" or "decoder", "norm_out", var kind] => $"{parts[0]}.conv_norm_out.{kind}",
            ["encoder" or "decoder", "mid", "block_1" or "block_2", .. var rest] => Resnet($"{parts[0]}.mid_block.resnets.{(parts[2] == "block_1" ? 0 : 1)}", rest),
            ["encoder" or "decoder", "mid", "attn_1", var part, var kind] =>
                VaeAttentionParts.TryGetValue(part, out var renamed) ? $"{parts[0]}.mid_block.attentions.0.{renamed}.{kind}" : null,
            ["encoder", "down", var level, "block", var layer, .. var rest] => Resnet($"encoder.down_blocks.{level}.resnets.{layer}", rest),
            ["encoder", "down", var level, "downsample", "conv", var kind] => $"encoder.down_blocks.{level}.downsamplers.0.conv.{kind}",
            ["decoder", "up", var level, "block", var layer, .. var rest] => UpBlock(level) is { } block ? Resnet($"{block}.resnets.{layer}", rest) : null,
            ["decoder", "up", var level, "upsample", "conv", var kind] => UpBlock(level) is { } block ? $"{block}.upsamplers.0.conv.{kind}" : null,
            _ => null,
        };
    }

    /// <summary>transformers' name of a text encoder's tensor (without <see cref="TextPrefix"/>).</summary>
    public static string Text(string name) =>
        // Some trainers saved CLIPTextModel's inner model.
        name.StartsWith("text_model.", StringComparison.Ordinal) ? name : "text_model." + name;

    private static string? Resnet(string block, string[] rest) => rest switch
    {
        ["norm1" or "conv1" or "norm2" or "conv2", var kind] => $"{block}.{rest[0]}.{kind}",
        ["nin_shortcut", var kind] => $"{block}.conv_shortcut.{kind}",
        _ => null,
    };

    // The original counts the decoder's levels from the image, diffusers from the latents.
    private string? UpBlock(string level) =>
        int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _vaeLevels
            ? $"decoder.up_blocks.{_vaeLevels - 1 - index}"
            : null;

    private static (string Module, string Kind) SplitLast(string name)
    {
        var dot = name.LastIndexOf('.');
        return dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
    }

    private static Dictionary<string, string> UNetBlocks(IReadOnlyList<string> downTypes, IReadOnlyList<string> upTypes, int layers)
    {
        var blocks = new Dictionary<string, string>
        {
            ["time_embed.0"] = "time_embedding.linear_1",
            ["time_embed.2"] = "time_embedding.linear_2",
            ["input_blocks.0.0"] = "conv_in",
            ["middle_block.0"] = "mid_block.resnets.0",
            ["middle_block.1"] = "mid_block.attentions.0",
            ["middle_block.2"] = "mid_block.resnets.1",
            ["out.0"] = "conv_norm_out",
            ["out.2"] = "conv_out",
        };

        var number = 1;
        for (var level = 0; level < downTypes.Count; level++)
        {
            for (var layer = 0; layer < layers; layer++, number++)
            {
                blocks[$"input_blocks.{number}.0"] = $"down_blocks.{level}.resnets.{layer}";
                if (HasAttention(downTypes[level]))
                {
                    blocks[$"input_blocks.{number}.1"] = $"down_blocks.{level}.attentions.{layer}";
                }
            }

            if (level < downTypes.Count - 1)
            {
                blocks[$"input_blocks.{number++}.0"] = $"down_blocks.{level}.downsamplers.0";
            }
        }

        number = 0;
        for (var level = 0; level < upTypes.Count; level++)
        {
            for (var layer = 0; layer <= layers; layer++, number++)
            {
                var next = 0;
                blocks[$"output_blocks.{number}.{next++}"] = $"up_blocks.{level}.resnets.{layer}";
                if (HasAttention(upTypes[level]))
                {
                    blocks[$"output_blocks.{number}.{next++}"] = $"up_blocks.{level}.attentions.{layer}";
                }

                if (layer == layers && level < upTypes.Count - 1)
                {
                    blocks[$"output_blocks.{number}.{next}"] = $"up_blocks.{level}.upsamplers.0";
                }
            }
        }

        return blocks;
    }

    private static bool HasAttention(string blockType) => blockType.StartsWith("CrossAttn", StringComparison.Ordinal);
}
