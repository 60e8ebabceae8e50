namespace StableRep.Engine.Tests.Checkpoints;

/// <summary>
/// The tensors of a latent-diffusion checkpoint as the original network's constructors make them, block by block in their order: written from
/// the original's structure and knowing nothing of diffusers' names.
/// </summary>
internal sealed class LatentDiffusionLayout
{
    private readonly Dictionary<string, long[]> _tensors = [];

    public static Dictionary<string, long[]> UNet(int channels, int[] multipliers, int[] attentionDownsamples, int residualBlocks, int context)
    {
        var layout = new LatentDiffusionLayout();
        var embedding = channels * 4;
        layout.Linear("time_embed.0", embedding, channels);
        layout.Linear("time_embed.2", embedding, embedding);
        layout.Convolution("input_blocks.0.0", channels, 4, 3);
        var skips = new Stack<int>([channels]);
        var (width, number, downsample) = (channels, 1, 1);
        foreach (var (level, multiplier) in multipliers.Index())
        {
            for (var i = 0; i < residualBlocks; i++, number++)
            {
                layout.Residual($"input_blocks.{number}.0", width, channels * multiplier, embedding);
                width = channels * multiplier;
                if (attentionDownsamples.Contains(downsample))
                {
                    layout.Transformer($"input_blocks.{number}.1", width, context);
                }

                skips.Push(width);
            }

            if (level < multipliers.Length - 1)
            {
                layout.Convolution($"input_blocks.{number++}.0.op", width, width, 3);
                skips.Push(width);
                downsample *= 2;
            }
        }

        layout.Residual("middle_block.0", width, width, embedding);
        layout.Transformer("middle_block.1", width, context);
        layout.Residual("middle_block.2", width, width, embedding);

        number = 0;
        for (var level = multipliers.Length - 1; level >= 0; level--)
        {
            for (var i = 0; i <= residualBlocks; i++, number++)
            {
                var part = 0;
                layout.Residual($"output_blocks.{number}.{part++}", width + skips.Pop(), channels * multipliers[level], embedding);
                width = channels * multipliers[level];
                if (attentionDownsamples.Contains(downsample))
                {
                    layout.Transformer($"output_blocks.{number}.{part++}", width, context);
                }

                if (level > 0 && i == residualBlocks)
                {
                    layout.Convolution($"output_blocks.{number}.{part}.conv", width, width, 3);
                    downsample /= 2;
                }
            }
        }

        layout.Norm("out.0", width);
        layout.Convolution("out.2", 4, width, 3);
        return layout._tensors;
    }

    public static Dictionary<string, long[]> Vae(int channels, int[] multipliers, int residualBlocks)
    {
        var layout = new LatentDiffusionLayout();
        var width = channels;
        layout.Convolution("encoder.conv_in", width, 3, 3);
        foreach (var (level, multiplier) in multipliers.Index())
        {
            for (var i = 0; i < residualBlocks; i++)
            {
                layout.VaeResidual($"encoder.down.{level}.block.{i}", width, channels * multiplier);
                width = channels * multiplier;
            }

            if (level < multipliers.Length - 1)
            {
                layout.Convolution($"encoder.down.{level}.downsample.conv", width, width, 3);
            }
        }

        layout.VaeMiddle("encoder.mid", width);
        layout.Norm("encoder.norm_out", width);
        layout.Convolution("encoder.conv_out", 8, width, 3);
        layout.Convolution("quant_conv", 8, 8, 1);
        layout.Convolution("post_quant_conv", 4, 4, 1);
        layout.Convolution("decoder.conv_in", width, 4, 3);
        layout.VaeMiddle("decoder.mid", width);
        for (var level = multipliers.Length - 1; level >= 0; level--)
        {
            for (var i = 0; i <= residualBlocks; i++)
            {
                layout.VaeResidual($"decoder.up.{level}.block.{i}", width, channels * multipliers[level]);
                width = channels * multipliers[level];
            }

            if (level > 0)
            {
                layout.Convolution($"decoder.up.{level}.upsample.conv", width, width, 3);
            }
        }

        layout.Norm("decoder.norm_out", width);
        layout.Convolution("decoder.conv_out", 3, width, 3);
        return layout._tensors;
    }

    private void Residual(string name, long input, long output, long embedding)
    {
        Norm($"{name}.in_layers.0", input);
        Convolution($"{name}.in_layers.2", output, input, 3);
        Linear($"{name}.emb_layers.1", output, embedding);
        Norm($"{name}.out_layers.0", output);
        Convolution($"{name}.out_layers.3", output, output, 3);
        if (input != output)
        {
            Convolution($"{name}.skip_connection", output, input, 1);
        }
    }

    private void Transformer(string name, long width, long context)
    {
        Norm($"{name}.norm", width);
        Convolution($"{name}.proj_in", width, width, 1);
        var block = $"{name}.transformer_blocks.0";
        foreach (var (attention, source) in new[] { ("attn1", width), ("attn2", context) })
        {
            _tensors[$"{block}.{attention}.to_q.weight"] = [width, width];
            _tensors[$"{block}.{attention}.to_k.weight"] = [width, source];
            _tensors[$"{block}.{attention}.to_v.weight"] = [width, source];
            Linear($"{block}.{attention}.to_out.0", width, width);
        }

        Linear($"{block}.ff.net.0.proj", width * 8, width);
        Linear($"{block}.ff.net.2", width, width * 4);
        Norm($"{block}.norm1", width);
        Norm($"{block}.norm2", width);
        Norm($"{block}.norm3", width);
        Convolution($"{name}.proj_out", width, width, 1);
    }

    private void VaeMiddle(string name, long width)
    {
        VaeResidual($"{name}.block_1", width, width);
        Norm($"{name}.attn_1.norm", width);
        foreach (var projection in new[] { "q", "k", "v", "proj_out" })
        {
            Convolution($"{name}.attn_1.{projection}", width, width, 1);
        }

        VaeResidual($"{name}.block_2", width, width);
    }

    private void VaeResidual(string name, long input, long output)
    {
        Norm($"{name}.norm1", input);
        Convolution($"{name}.conv1", output, input, 3);
        Norm($"{name}.norm2", output);
        Convolution($"{name}.conv2", output, output, 3);
        if (input != output)
        {
            Convolution($"{name}.nin_shortcut", output, input, 1);
        }
    }

    private void Norm(string name, long width) => Add(name, [width], width);

    private void Linear(string name, long output, long input) => Add(name, [output, input], output);

    private void Convolution(string name, long output, long input, long kernel) => Add(name, [output, input, kernel, kernel], output);

    private void Add(string name, long[] weight, long bias)
    {
        _tensors.Add($"{name}.weight", weight);
        _tensors.Add($"{name}.bias", [bias]);
    }
}
