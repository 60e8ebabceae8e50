using System.Diagnostics;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Diffusion;

public sealed class TextToImagePipelineTests(TinyGenerators generators) : IClassFixture<TinyGenerators>
{
    private static readonly string[] Captions = ["a red star", "two green fish", "a house at night"];
    private static readonly GenerationSettings Settings = new() { Seed = 42, Steps = 4, GuidanceScale = 3, BatchSize = 4 };

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(9, null)]
    [InlineData(2, "euler-ancestral")]
    [InlineData(5, "dpmpp-2m-karras")]
    public void An_image_is_the_same_in_any_batch(int batchSize, string? sampler)
    {
        var settings = Settings with { Sampler = sampler };
        var requests = ImageRequest.All(Captions, 3, firstCaption: 10);
        var reference = Generate(requests, settings with { BatchSize = 4 });
        var other = Generate(requests, settings with { BatchSize = batchSize });
        Assert.Equal(requests, reference.Select(image => image.Request));
        Assert.Equal(requests, other.Select(image => image.Request));
        Assert.All(reference.Zip(other), pair => AssertSame(pair.First, pair.Second));
    }

    [Fact]
    public void An_image_can_be_made_again_by_itself()
    {
        var all = Generate(ImageRequest.All(Captions, 3), Settings);
        var again = Assert.Single(Generate([new(1, Captions[1], 2)], Settings));
        AssertSame(all.Single(image => image.Request == again.Request), again);
    }

    [Fact]
    public void Latents_are_the_same_alone_and_in_a_batch_within_1e_4()
    {
        using var scope = NewDisposeScope();
        var pipeline = new TextToImagePipeline(generators.One);
        (int, int)[] images = [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1)];
        var noise = ImageNoise.Draw(1, images, ImageNoise.Initial, [4, 8, 8], CPU);
        var together = pipeline.SampleLatents([.. images.Select(image => Captions[image.Item1])], noise, Settings);
        for (var i = 0; i < images.Length; i++)
        {
            var alone = pipeline.SampleLatents([Captions[images[i].Item1]], noise[i..(i + 1)], Settings);
            Assert.InRange(((alone[0] - together[i]).norm() / together[i].norm()).item<float>(), 0, 1e-4);
        }
    }

    [Fact]
    public void Images_of_one_caption_differ()
    {
        var images = Generate(ImageRequest.All(Captions[..1], 4), Settings);
        Assert.Equal(4, images.Select(image => Convert.ToHexString(image.Image.Rgb)).Distinct().Count());
    }

    [Fact]
    public void Guidance_of_one_is_the_limit_of_guidance_near_one()
    {
        var requests = ImageRequest.All(Captions, 1);
        var one = Generate(requests, Settings with { GuidanceScale = 1, NegativePrompt = "unused" });
        var near = Generate(requests, Settings with { GuidanceScale = 1.000001 });
        Assert.All(one.Zip(near), pair => AssertSame(pair.First, pair.Second));
    }

    [Fact]
    public void A_negative_prompt_and_guidance_change_the_image()
    {
        ImageRequest[] request = [new(0, Captions[0], 0)];
        var plain = Generate(request, Settings)[0].Image.Rgb;
        Assert.NotEqual(plain, Generate(request, Settings with { NegativePrompt = "blurry" })[0].Image.Rgb);
        Assert.NotEqual(plain, Generate(request, Settings with { GuidanceScale = 8 })[0].Image.Rgb);
        Assert.NotEqual(plain, Generate(request, Settings with { ClipSkip = 1 })[0].Image.Rgb);
        Assert.NotEqual(plain, Generate(request, Settings with { Seed = 43 })[0].Image.Rgb);
    }

    [Fact]
    public void The_size_may_be_chosen()
    {
        var image = Generate([new(0, Captions[0], 0)], Settings with { Width = 32, Height = 24 })[0].Image;
        Assert.Equal((32, 24), (image.Width, image.Height));
        Assert.Throws<ArgumentException>(() => Generate([new(0, Captions[0], 0)], Settings with { Width = 33 }));
    }

    [Fact]
    public void Decode_in_slices_equals_decoding_at_once()
    {
        using var scope = NewDisposeScope();
        var pipeline = new TextToImagePipeline(generators.Two);
        var latents = randn([5, 4, 4, 4], generator: new Generator(1));
        var whole = pipeline.Decode(latents);
        Assert.InRange((whole - pipeline.Decode(latents, pixelsAtOnce: 600)).abs().max().item<float>(), 0, 1e-5);
        Assert.InRange(whole.min().item<float>(), 0, 1);
        Assert.InRange(whole.max().item<float>(), 0, 1);
    }

    [Fact]
    public void Cancellation_stops_between_two_steps_and_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        var observer = new Recorder { OnProgress = count => { if (count == 3) { source.Cancel(); } } };
        var before = LiveTensors.Count();
        Assert.Throws<OperationCanceledException>(() => new TextToImagePipeline(generators.One)
            .Generate(ImageRequest.All(Captions, 4), Settings with { Steps = 10 }, observer, cancellation: source.Token).ToList());
        Assert.Equal(3, observer.Reports.Count);
        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public void Progress_never_goes_back_and_ends_at_the_total()
    {
        var observer = new Recorder();
        _ = new TextToImagePipeline(generators.One).Generate(ImageRequest.All(Captions, 3), Settings, observer).ToList();
        Assert.Equal(observer.Reports.OrderBy(report => report.Done), observer.Reports);
        Assert.All(observer.Reports, report => Assert.Equal(("generate", 9L, "images"), (report.Stage, report.Total, report.Unit)));
        Assert.Equal((9L, TimeSpan.Zero), (observer.Reports[^1].Done, observer.Reports[^1].Remaining));
    }

    [Fact]
    public void A_stream_that_is_left_early_leaves_nothing()
    {
        var before = LiveTensors.Count();
        Assert.Equal(5, new TextToImagePipeline(generators.One).Generate(ImageRequest.All(Captions, 4), Settings).Take(5).Count());
        Assert.Equal(before, LiveTensors.Count());
    }

    [Fact]
    public void Memory_stays_flat_over_hundreds_of_batches()
    {
        var captions = Enumerable.Range(0, 450).Select(i => $"caption number {i}").ToArray();
        var images = new TextToImagePipeline(generators.One)
            .Generate(ImageRequest.All(captions, 1), new GenerationSettings { Steps = 1, BatchSize = 2, Sampler = "ddim" });
        var (count, tensors, memory) = (0, 0L, 0L);
        foreach (var _ in images)
        {
            count++;
            if (count == 100)
            {
                (tensors, memory) = (LiveTensors.Count(), WorkingSet());
            }
        }

        Assert.Equal(450, count);
        Assert.InRange(LiveTensors.Count(), 0, tensors);
        Assert.InRange(WorkingSet() - memory, long.MinValue, 24L << 20);

        static long WorkingSet()
        {
            GC.Collect();
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }

    [Fact]
    public void A_record_holds_what_makes_the_image_again()
    {
        var pipeline = new TextToImagePipeline(generators.One);
        var record = pipeline.Record(new(3, "a cat", 2), Settings with { Eta = 0.5 });
        Assert.Equal(("a cat", 3, 2, 42L, 3.0, 4, "pndm", 0.5), (
            record.Caption, record.CaptionIndex, record.ImageIndex, record.Seed, record.GuidanceScale, record.Steps, record.Sampler, record.Eta));
        Assert.Equal(64, record.CheckpointHash.Length);
        Assert.Equal("euler", pipeline.Record(new(3, "a cat", 2), Settings with { Sampler = "euler" }).Sampler);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(4, 0, 0)]
    [InlineData(4, 1, 1.5)]
    public void Settings_out_of_range_are_refused_at_once(int steps, int batch, double rescale) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextToImagePipeline(generators.One)
            .Generate([], new GenerationSettings { Steps = steps, BatchSize = batch, GuidanceRescale = rescale }));

    private List<GeneratedImage> Generate(IReadOnlyList<ImageRequest> requests, GenerationSettings settings) =>
        [.. new TextToImagePipeline(generators.One).Generate(requests, settings)];

    // Rounding to levels may fall to either side.
    private static void AssertSame(GeneratedImage a, GeneratedImage b) =>
        Assert.InRange(a.Image.Rgb.Zip(b.Image.Rgb, (x, y) => Math.Abs(x - y)).Max(), 0, 1);

    private sealed class Recorder : IRunObserver
    {
        public List<RunProgress> Reports { get; } = [];

        public Action<int>? OnProgress { get; init; }

        public void Progress(RunProgress progress)
        {
            Reports.Add(progress);
            OnProgress?.Invoke(Reports.Count);
        }
    }
}

/// <summary>The reference cases' small checkpoints, loaded once.</summary>
public sealed class TinyGenerators : IDisposable
{
    public GeneratorFolder One { get; } = GeneratorFolder.Load(ParityCases.Path("models/tiny-sd"), ComputeDevice.Cpu);

    public GeneratorFolder Two { get; } = GeneratorFolder.Load(ParityCases.Path("models/tiny-sd2"), ComputeDevice.Cpu);

    public void Dispose()
    {
        One.Dispose();
        Two.Dispose();
    }
}
