using System.Globalization;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>One denoising step of a UNet of Stable Diffusion 1.5's size with random weights, and what is saved by not computing things twice.</summary>
internal static class UNetBenchmark
{
    private const int TextTokens = 77;
    private const int ScheduleLength = 50;

    public static void Run(BenchmarkOptions options)
    {
        var config = new UNet2DConditionConfig { CrossAttentionDim = [768] };
        var (batch, size) = (options.Batch ?? 2, options.Size ?? 64);
        var device = options.Device.Torch;
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var unet = new UNet2DConditionModel(config, device);
        var (sample, text) = (randn([batch, 4, size, size], device: device), randn([batch, TextTokens, 768], device: device));
        using var times = unet.PrecomputeTimesteps(arange(ScheduleLength));
        using var condition = unet.Condition(text);

        var peak = MatrixPeak.Measure(device);
        var step = Timing.Best(() => unet.forward(sample, times[0], condition).Dispose(), options.Runs ?? 1);
        var whole = Timing.Best(() => unet.call(sample, tensor(500L), text).Dispose(), options.Runs ?? 1);
        var texts = Timing.Best(() => unet.Condition(text).Dispose());
        var single = Timing.Best(() => unet.AtTimestep(tensor(500L)).Dispose());
        var schedule = Timing.Best(() => unet.PrecomputeTimesteps(arange(ScheduleLength)).Dispose());

        var (work, textWork) = (UNetWork.Forward(config, batch, size, TextTokens), batch * UNetWork.Text(config, TextTokens));
        Report.Line($"UNet of SD 1.5's size, batch {batch}, latents {size}², {options.Device}, {get_num_threads()} threads; {peak}");
        Report.Line($"  one step, text and time projected before {step.Seconds,7:f2} s ({step.CoreSeconds:f2} core s) {work / 1e9,6:f0} GFLOP {peak.Rate(work, step)}");
        Report.Line($"  one step, text and time projected in it  {whole.Seconds,7:f2} s ({whole.CoreSeconds:f2} core s)");
        Report.Line($"  saved a step: keys and values of {batch} texts {1e3 * texts.Seconds,6:f0} ms ({1e3 * texts.CoreSeconds:f0} core ms, {textWork / 1e9:f1} GFLOP)");
        Report.Line($"  saved a step: time projections        {1e3 * single.Seconds,6:f0} ms ({1e3 * single.CoreSeconds:f0} core ms); all {ScheduleLength} steps at once {1e3 * schedule.Seconds:f0} ms");
        Enlarging(device);
        Layouts(device);
    }

    // Enlarging to twice the size: a 3×3 convolution of the enlarged picture, and four 2×2 convolutions of the small one, of its output's channels.
    private static void Enlarging(Device device)
    {
        foreach (var (where, channels, size) in new[] { ("UNet", 1280, 16), ("UNet", 640, 32), ("autoencoder", 512, 64), ("autoencoder", 256, 256) })
        {
            using var scope = NewDisposeScope();
            var (x, weight, folded) = (randn([1, channels, size, size], device: device), randn([channels, channels, 3, 3], device: device), randn([4 * channels, channels, 2, 2], device: device));
            var plain = Timing.Best(() =>
            {
                using var enlarged = nn.functional.interpolate(x, scale_factor: [2, 2]);
                nn.functional.conv2d(enlarged, weight, padding: [1, 1]).Dispose();
            });
            var phases = Timing.Best(() => nn.functional.conv2d(x, folded, padding: [1, 1]).Dispose());
            Report.Line($"  enlarging, {where}, {channels} channels from {size}²: {1e3 * plain.CoreSeconds:f0} core ms, by phases {1e3 * phases.CoreSeconds:f0} core ms");
        }
    }

    // The two memory layouts of a convolution's input, at the UNet's sizes and at the autoencoder's.
    private static void Layouts(Device device)
    {
        foreach (var (where, channels, size) in new[] { ("UNet", 320, 64), ("UNet", 1280, 8), ("autoencoder", 256, 256), ("autoencoder", 128, 512) })
        {
            using var scope = NewDisposeScope();
            var (x, weight) = (randn([1, channels, size, size], device: device), randn([channels, channels, 3, 3], device: device));
            var channelsLast = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
            var plain = Timing.Best(() => nn.functional.conv2d(x, weight, padding: [1, 1]).Dispose());
            var last = Timing.Best(() => nn.functional.conv2d(channelsLast, weight, padding: [1, 1]).Dispose());
            Report.Line($"  3×3 convolution, {where}, {channels} channels at {size}²: {1e3 * plain.CoreSeconds:f0} core ms, channels last {1e3 * last.CoreSeconds:f0} core ms");
        }
    }
}

/// <summary>Lines of results, with points in numbers wherever it runs.</summary>
internal static class Report
{
    public static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
