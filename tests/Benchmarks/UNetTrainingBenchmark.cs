using StableRep.Engine.Models;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>Training steps (forward, backward, AdamW) of small UNets: which levels should have transformers, and how wide heads should be.</summary>
internal static class UNetTrainingBenchmark
{
    private const int TextTokens = 24;
    private const int TextWidth = 64;

    public static void Run(BenchmarkOptions options)
    {
        var (batch, size) = (options.Batch ?? 32, options.Size ?? 16);
        var peak = MatrixPeak.Measure(options.Device.Torch);
        Report.Line($"Training small UNets, batch {batch}, latents {size}², {options.Device}, {get_num_threads()} threads; {peak}");
        foreach (var channels in new int[][] { [32, 64, 96], [64, 128, 192] })
        {
            foreach (var (attends, heads) in new (bool[], int[])[]
            {
                ([true, true, true], [4]), ([true, true, true], [.. channels.Select(width => width / 32)]), ([false, true, true], [.. channels.Select(width => width / 32)]),
                ([false, false, true], [.. channels.Select(width => width / 32)]),
            })
            {
                Measure(
                    new UNet2DConditionConfig
                    {
                        BlockOutChannels = channels,
                        DownBlockAttends = attends,
                        UpBlockAttends = [.. attends.Reverse()],
                        LayersPerBlock = [1],
                        AttentionHeads = heads,
                        CrossAttentionDim = [TextWidth],
                        NormNumGroups = 8,
                    },
                    batch,
                    size,
                    peak,
                    options.Device.Torch,
                    options.Runs ?? 3);
            }
        }
    }

    private static void Measure(UNet2DConditionConfig config, int batch, int size, MatrixPeak peak, Device device, int runs)
    {
        using var scope = NewDisposeScope();
        using var unet = new UNet2DConditionModel(config, device);
        using var parameters = new FlatParameters(unet);
        using var optimizer = new AdamW(parameters);
        var (sample, target, text) = (Noise(4, size, size), Noise(4, size, size), Noise(TextTokens, TextWidth));
        var timesteps = randint(0, 1000, [batch], device: device);
        var time = Timing.Best(
            () =>
            {
                using var step = NewDisposeScope();
                parameters.ZeroGradients();
                nn.functional.mse_loss(unet.call(sample, timesteps, text), target).backward();
                optimizer.Step(1e-4);
            },
            runs);
        var work = 3 * UNetWork.Forward(config, batch, size, TextTokens);
        var attends = string.Concat(config.DownBlockAttends.Select(yes => yes ? 'T' : '-'));
        Report.Line(
            $"  channels {string.Join(", ", config.BlockOutChannels),-12} transformers {attends} heads {string.Join(", ", config.AttentionHeads),-7} {parameters.Values.numel() / 1e6,4:f1} M parameters {1e3 * time.Seconds,6:f0} ms a step ({1e3 * time.CoreSeconds,5:f0} core ms) {batch / time.Seconds,5:f0} pictures/s {peak.Rate(work, time)}");

        Tensor Noise(params long[] shape) => randn([batch, .. shape], device: device);
    }
}
