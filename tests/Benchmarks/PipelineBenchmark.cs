using StableRep.Engine.Diffusion;
using StableRep.Engine.Models;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>Images a second of whole pipelines with guidance, from captions to pictures: the reference cases' tiny checkpoint and, where it is there, the pocket generator.</summary>
internal static class PipelineBenchmark
{
    private const int Steps = 20;

    public static void Run(BenchmarkOptions options)
    {
        var peak = MatrixPeak.Measure(options.Device.Torch);
        Report.Line($"pipelines on {options.Device}, {get_num_threads()} threads; {peak}");
        foreach (var (name, folder) in Folders())
        {
            using var generator = GeneratorFolder.Load(folder, options.Device);
            Measure(name, generator, options, peak);
        }
    }

    private static void Measure(string name, GeneratorFolder generator, BenchmarkOptions options, MatrixPeak peak)
    {
        var batch = options.Batch ?? 32;
        var settings = new GenerationSettings { Steps = Steps, GuidanceScale = 4, Sampler = "ddim", BatchSize = batch };
        var requests = ImageRequest.All([.. Enumerable.Range(0, batch / 4).Select(i => $"caption number {i}")], 4);
        var pipeline = new TextToImagePipeline(generator);
        var time = Timing.Best(() => _ = pipeline.Generate(requests, settings).Count(), options.Runs ?? 5);

        var (unet, text) = (generator.UNet.Config, generator.TextEncoder.Config);
        var side = generator.ImageSize / generator.Autoencoder.Config.Downscale;
        var work = (Steps * UNetWork.Forward(unet, 2 * requests.Count, side, text.MaxLength))
            + (requests.Count * DecoderWork(generator.Autoencoder.Config, side))
            + (((batch / 4) + 1) * (UNetWork.Text(unet, text.MaxLength)
                + (2.0 * text.Depth * text.MaxLength * text.Width * ((4 * text.Width) + (2 * text.IntermediateWidth) + (2 * text.MaxLength)))));
        Report.Line($"  {name}, {generator.ImageSize}², {Steps} DDIM steps with guidance, batch {batch}: {requests.Count / time.Seconds:f1} images/s, {work / requests.Count / 1e9:f2} GFLOP an image, {peak.Rate(work, time)}");
    }

    // Operations of decoding one image: matrix products and convolutions, two a multiplication.
    private static double DecoderWork(AutoencoderKLConfig config, int side)
    {
        var channels = config.BlockOutChannels.Reverse().ToArray();
        var (top, tokens) = (channels[0], (double)side * side);
        var work = Conv(config.LatentChannels, top, side) + (4 * Conv(top, top, side));
        work += config.UsePostQuantConv ? Conv(config.LatentChannels, config.LatentChannels, side) / 9 : 0;
        work += config.MidBlockAddAttention ? (8 * tokens * top * top) + (4 * tokens * tokens * top) : 0;
        for (var (level, size, input) = (0, side, top); level < channels.Length; level++)
        {
            var width = channels[level];
            work += Conv(input, width, size) + (input == width ? 0 : Conv(input, width, size) / 9) + (((2 * config.LayersPerBlock) + 1) * Conv(width, width, size));
            if (level < channels.Length - 1)
            {
                size *= 2;
                work += Conv(width, width, size);
            }

            input = width;
        }

        return work + Conv(channels[^1], config.OutChannels, side * config.Downscale);

        static double Conv(int from, int to, int size) => 18.0 * from * to * size * size;
    }

    private static IEnumerable<(string Name, string Folder)> Folders()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var tiny = Path.Combine(folder.FullName, "tests", "Parity", "cases", "models", "tiny-sd");
            if (Directory.Exists(tiny))
            {
                var pocket = Path.Combine(folder.FullName, "assets", "pocket");
                return File.Exists(Path.Combine(pocket, "model_index.json")) ? [("tiny", tiny), ("pocket", pocket)] : [("tiny", tiny)];
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds tests/Parity/cases/models/tiny-sd.");
    }
}
