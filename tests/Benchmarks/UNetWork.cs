using StableRep.Engine.Models;

namespace StableRep.Benchmarks;

/// <summary>Counts the floating-point operations of a UNet's matrix products and convolutions, two a multiplication; nothing else counts. An enlarging layer counts as computed: with 2×2 weights.</summary>
internal static class UNetWork
{
    /// <summary>Operations of one prediction with the text's keys and values and the time's projections computed before.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="batch">Pictures.</param>
    /// <param name="size">Height and width of the latents.</param>
    /// <param name="textTokens">Tokens of a text.</param>
    public static double Forward(UNet2DConditionConfig config, int batch, int size, int textTokens)
    {
        var channels = config.BlockOutChannels;
        var last = channels.Count - 1;
        double work = Conv(config.InChannels, channels[0], size, config.ConvInKernel) + Conv(channels[0], config.OutChannels, size, config.ConvOutKernel);
        var skips = new Stack<int>([channels[0]]);
        var sizes = new int[channels.Count];
        for (var level = 0; level <= last; level++)
        {
            sizes[level] = level == 0 ? size : (sizes[level - 1] + 1) / 2;
            var input = channels[Math.Max(level - 1, 0)];
            for (var i = 0; i < At(config.LayersPerBlock, level); i++)
            {
                work += Resnet(i == 0 ? input : channels[level], level) + (config.DownBlockAttends[level] ? Transformer(level) : 0);
                skips.Push(channels[level]);
            }

            if (level < last)
            {
                work += Conv(channels[level], channels[level], (sizes[level] + 1) / 2, 3);
                skips.Push(channels[level]);
            }
        }

        work += (2 * Resnet(channels[last], last)) + Transformer(last);
        for (var level = last; level >= 0; level--)
        {
            var below = channels[Math.Min(level + 1, last)];
            for (var i = 0; i <= At(config.LayersPerBlock, level); i++)
            {
                work += Resnet((i == 0 ? below : channels[level]) + skips.Pop(), level);
                work += config.UpBlockAttends[last - level] ? Transformer(level) : 0;
            }

            work += level > 0 ? Conv(channels[level], channels[level], sizes[level - 1], 2) : 0;
        }

        return batch * work;

        double Resnet(int input, int level) => Conv(input, channels[level], sizes[level], 3) + Conv(channels[level], channels[level], sizes[level], 3)
            + (input == channels[level] ? 0 : Conv(input, channels[level], sizes[level], 1));

        double Transformer(int level)
        {
            var (tokens, width) = ((double)sizes[level] * sizes[level], (double)channels[level]);
            var layer = (Products: 4 + 2 + 8 + 4, Attended: tokens + textTokens);
            return (2 * 2 * tokens * width * width) + (At(config.TransformerLayersPerBlock, level)
                * ((2 * layer.Products * tokens * width * width) + (4 * tokens * layer.Attended * width)));
        }
    }

    /// <summary>Operations of the projections that depend on the text alone, for one text.</summary>
    public static double Text(UNet2DConditionConfig config, int textTokens)
    {
        var channels = config.BlockOutChannels;
        var last = channels.Count - 1;
        return Enumerable.Range(0, channels.Count).Sum(level =>
        {
            var transformers = (config.DownBlockAttends[level] ? At(config.LayersPerBlock, level) : 0)
                + (config.UpBlockAttends[last - level] ? At(config.LayersPerBlock, level) + 1 : 0) + (level == last ? 1 : 0);
            return 4.0 * transformers * At(config.TransformerLayersPerBlock, level) * textTokens * At(config.CrossAttentionDim, level) * channels[level];
        });
    }

    private static double Conv(int input, int output, int size, int kernel) => 2.0 * kernel * kernel * input * output * size * size;

    private static int At(IReadOnlyList<int> list, int level) => list.Count == 1 ? list[0] : list[level];
}
