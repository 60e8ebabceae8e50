using System.Globalization;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Benchmarks;

/// <summary>
/// What it costs to turn shards into augmented batches. The device is busy by the share of its augmenting rate that is left when decoding runs
/// beside it: on a CPU both take the same cores, on a GPU the share should be near 100 %.
/// </summary>
internal static class LoaderBenchmark
{
    internal const int Captions = 96;
    internal const int ImagesPerCaption = 4;

    public static void Run(ComputeDevice device)
    {
        Console.WriteLine($"loader on {device}, {Environment.ProcessorCount} cores, strong augmentation, images per second");
        Console.WriteLine($"{"source",-16} {"decode",10} {"augment",10} {"together",10} {"cached",10}   device busy");
        foreach (var (side, size, format) in new[]
        {
            (64, 64, ImageFormat.Png), (64, 64, ImageFormat.Webp), (256, 224, ImageFormat.Jpeg), (256, 224, ImageFormat.Webp), (256, 224, ImageFormat.Png),
        })
        {
            var folder = Directory.CreateTempSubdirectory("stablerep-benchmark-");
            try
            {
                Measure(device, Source(folder.FullName, side, format), side, size, format);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
    }

    private static void Measure(ComputeDevice device, ShardPositiveSetSource source, int side, int size, ImageFormat format)
    {
        var settings = new LoaderSettings
        {
            SetsPerBatch = 32,
            ImagesPerSet = ImagesPerCaption,
            Resolution = side,
            Seed = 1,
            PinMemory = device.IsCuda,
        };
        var augmenter = new Augmenter(AugmentationSettings.Strong(size), seed: 1);
        void Augment(TrainingBatch batch)
        {
            using var scope = NewDisposeScope();
            augmenter.Apply(batch, view: 0, device.Torch);
        }

        var decode = Loaded(device, source, settings, _ => { });
        var together = Loaded(device, source, settings, Augment);
        var cached = Loaded(device, source, settings with { CacheBytes = 1L << 30 }, Augment);
        using var batch = new BatchLoader(source, settings).Read().First();
        var augment = Rate.Of(device, () =>
        {
            Augment(batch);
            return batch.Samples.Count;
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{$"{side} px {format}",-16} {decode,10:N0} {augment,10:N0} {together,10:N0} {cached,10:N0}   {together / augment,11:P0}"));
    }

    private static double Loaded(ComputeDevice device, ShardPositiveSetSource source, LoaderSettings settings, Action<TrainingBatch> use)
    {
        var loader = new BatchLoader(source, settings);
        using var batches = loader.Read().GetEnumerator();
        long Step()
        {
            batches.MoveNext();
            using var batch = batches.Current;
            use(batch);
            return batch.Samples.Count;
        }

        // One epoch fills the cache, where there is one.
        for (var i = 0; i < loader.BatchesPerEpoch; i++)
        {
            Step();
        }

        return Rate.Of(device, Step);
    }

    /// <summary>A shard of smooth pictures with some noise, which compress about as photographs do.</summary>
    internal static ShardPositiveSetSource Source(string folder, int side, ImageFormat format)
    {
        using var writer = new ShardWriter(Path.Combine(folder, "shard.tar"));
        var random = new Random(1);
        for (var i = 0; i < Captions * ImagesPerCaption; i++)
        {
            var record = new GenerationRecord
            {
                Caption = "a benchmark",
                CaptionIndex = i / ImagesPerCaption,
                ImageIndex = i % ImagesPerCaption,
                Seed = 1,
                GuidanceScale = 2,
                Steps = 50,
                Sampler = "ddim",
                CheckpointHash = "",
            };
            writer.AddImage(record, format, ImageCodec.Encode(Picture(side, random), format, quality: 90, record));
        }

        var index = writer.Complete();
        return new ShardPositiveSetSource([ShardReader.Open(Path.Combine(folder, "shard.tar"), index)]);
    }

    private static PixelImage Picture(int side, Random random)
    {
        var (phase, frequency) = (random.NextDouble() * 6, 2 + random.NextDouble() * 12);
        var rgb = new byte[side * side * 3];
        for (var i = 0; i < rgb.Length; i++)
        {
            var (x, y) = (i / 3 % side / (double)side, i / 3 / side / (double)side);
            rgb[i] = (byte)(128 + 90 * Math.Sin(frequency * (x + y * (1 + i % 3)) + phase) + random.Next(-8, 8));
        }

        return new PixelImage(side, side, rgb);
    }
}
