using System.Globalization;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>
/// StableRep's training: images per second of the device's part alone (encoder, projector, loss, optimizer on views that lie there), with the
/// augmentation, and of a whole run from shards, so that the loader's cost shows; and the encoder's share of the matrix peak.
/// </summary>
internal static class TrainingBenchmark
{
    public static void Run(BenchmarkOptions options)
    {
        var peak = MatrixPeak.Measure(options.Device.Torch);
        Console.WriteLine($"training on {options.Device}, {peak}");
        Console.WriteLine($"{"encoder",-24} {"batch",6} {"device only",12} {"augmenting",12} {"from shards",12} {"loader wait",12}");
        Measure(options, peak, "vit-pocket", resolution: 64, ImageFormat.Png, options.Batch ?? 128);
        if (options.Device.IsCuda)
        {
            Measure(options, peak, "vit_base_patch16_224", resolution: 256, ImageFormat.Jpeg, options.Batch ?? 384);
        }
    }

    private static void Measure(BenchmarkOptions options, MatrixPeak peak, string backbone, int resolution, ImageFormat format, int batch)
    {
        var config = VisionTransformerConfig.Named(backbone);
        var recipe = new TrainingRecipe
        {
            Method = "stablerep",
            Backbone = backbone,
            SetsPerBatch = batch / LoaderBenchmark.ImagesPerCaption,
            ImagesPerSet = LoaderBenchmark.ImagesPerCaption,
            ProjectorHidden = backbone == "vit-pocket" ? 512 : 4096,
            Resolution = resolution,
            Augmentation = AugmentationSettings.Strong(config.ImageSize),
            WarmupEpochs = 0,
            Epochs = (options.Runs ?? 20) * (batch / LoaderBenchmark.ImagesPerCaption) / (double)LoaderBenchmark.Captions,
        };
        var folder = Directory.CreateTempSubdirectory("stablerep-benchmark-");
        try
        {
            var source = LoaderBenchmark.Source(folder.FullName, resolution, format);
            var device = DeviceOnly(recipe, config, options, batch);
            var augmenting = Augmenting(recipe, source, options, device.Seconds);
            var pace = new Pace();
            new Trainer(recipe, source, new TrainerOptions { Folder = Path.Combine(folder.FullName, "run"), Device = options.Device }, pace).Run();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{backbone,-24} {batch,6} {batch / device.Seconds,12:N0} {batch / augmenting,12:N0} {pace.ImagesPerSecond,12:N0} {pace.LoaderWait,12:P0}"));
            Console.WriteLine($"  device only: {peak.Rate(3 * batch * ForwardOperations(config), device)}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Timing DeviceOnly(TrainingRecipe recipe, VisionTransformerConfig config, BenchmarkOptions options, int batch)
    {
        using var scope = NewDisposeScope();
        var device = options.Device.Torch;
        var learner = new Learner(new VisionTransformer(config), new Projector(config.Width, recipe.ProjectorHidden, recipe.ProjectorOutput));
        learner.to(device);
        using var parameters = new FlatParameters(learner);
        using var optimizer = new AdamW(parameters);
        var images = randn([batch, 3, config.ImageSize, config.ImageSize], device: device);
        var sets = arange(recipe.SetsPerBatch, dtype: ScalarType.Int64, device: device).repeat(recipe.ImagesPerSet);
        long[] views = [.. Enumerable.Repeat((long)recipe.SetsPerBatch, recipe.ImagesPerSet)];
        return Timing.Best(() =>
        {
            using var step = NewDisposeScope();
            parameters.ZeroGradients();
            Tensor embeddings;
            using (Autocast.Enter(options.Device))
            {
                embeddings = learner.Project(learner.Encode(images), views);
            }

            ContrastiveLosses.MultiPositive(embeddings, sets, recipe.Temperature).Loss.backward();
            optimizer.Step(1e-4);
            parameters.GradientNorm();
        }, seconds: 5);
    }

    // The seconds of a step that augments its batch first: both in turn, on one device.
    private static double Augmenting(TrainingRecipe recipe, ShardPositiveSetSource source, BenchmarkOptions options, double step)
    {
        var settings = new LoaderSettings { SetsPerBatch = recipe.SetsPerBatch, ImagesPerSet = recipe.ImagesPerSet, Resolution = recipe.Resolution, Seed = 1 };
        using var batch = new BatchLoader(source, settings).Read().First();
        var augmenter = new Augmenter(recipe.Augmentation, seed: 1);
        return step + (batch.Samples.Count / Rate.Of(options.Device, () =>
        {
            using var scope = NewDisposeScope();
            augmenter.Apply(batch, view: 0, options.Device.Torch);
            return batch.Samples.Count;
        }));
    }

    /// <summary>Multiplications and additions of one image's forward pass: linear layers, attention and patches.</summary>
    private static double ForwardOperations(VisionTransformerConfig config)
    {
        var (tokens, width) = ((double)config.TokenCount, (double)config.Width);
        var block = 2 * tokens * width * (4 * width + 2 * config.MlpWidth) + 4 * tokens * tokens * width;
        return config.Depth * block + 2 * config.PatchCount * width * config.Channels * config.PatchSize * config.PatchSize;
    }

    private sealed class Learner : nn.Module
    {
        private readonly VisionTransformer encoder;
        private readonly Projector projector;

        public Learner(VisionTransformer encoder, Projector projector)
            : base(nameof(Learner))
        {
            (this.encoder, this.projector) = (encoder, projector);
            RegisterComponents();
        }

        public Tensor Encode(Tensor images) => encoder.Encode(images);

        public Tensor Project(Tensor features, long[] views) => projector.forward(features, views);
    }

    private sealed class Pace : IRunObserver
    {
        private const int Warmup = 4;
        private readonly List<double> _rates = [];
        private readonly List<double> _waits = [];

        public double ImagesPerSecond => Median(_rates);

        public double LoaderWait => Median(_waits);

        public void Metric(string series, long step, double value)
        {
            if (step > Warmup && series is "train/images-per-second" or "train/loader-wait")
            {
                (series == "train/loader-wait" ? _waits : _rates).Add(value);
            }
        }

        private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
    }
}
