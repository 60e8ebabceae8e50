using StableRep.Engine.Images;
using StableRep.Engine.Models;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// Captions to images with a generator. An image depends on the generator, the settings, its caption and the noise of (seed, caption index,
/// image index) alone, so that any image can be made again by itself, as far as floating point allows.
/// Not for use by several threads at once.
/// </summary>
/// <param name="generator">The generator, which stays the caller's.</param>
public sealed class TextToImagePipeline(GeneratorFolder generator)
{
    /// <summary>Generates images in full batches, which may cross the borders between captions; they come in the order of the requests.</summary>
    /// <param name="requests">The images; those of one caption next to each other, so that its text is encoded once.</param>
    /// <param name="settings">How.</param>
    /// <param name="observer">Told how many images are done, counting those in the making by their steps.</param>
    /// <param name="clock">For the estimate of the remaining time; the system's by default.</param>
    /// <param name="cancellation">Looked at before every step.</param>
    /// <returns>A stream that computes a batch when its first image is asked for.</returns>
    /// <exception cref="ArgumentException">The settings contradict themselves or the generator.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<GeneratedImage> Generate(
        IReadOnlyList<ImageRequest> requests,
        GenerationSettings settings,
        IRunObserver? observer = null,
        TimeProvider? clock = null,
        CancellationToken cancellation = default)
    {
        var shape = LatentShape(settings);
        return Batches();

        IEnumerable<GeneratedImage> Batches()
        {
            var progress = new GenerationProgress(observer ?? NullRunObserver.Instance, clock ?? TimeProvider.System, requests.Count);
            using var stream = new BatchStream(generator, settings);
            foreach (var batch in requests.Chunk(settings.BatchSize))
            {
                var images = Make(stream, settings, shape, batch, progress, cancellation);
                for (var i = 0; i < batch.Length; i++)
                {
                    yield return new(batch[i], images[i]);
                }
            }
        }
    }

    /// <summary>Denoises given noise, one row a prompt.</summary>
    /// <param name="prompts">The caption of each row.</param>
    /// <param name="noise">Standard normal noise, <c>[prompts, latent channels, h, w]</c>.</param>
    /// <param name="settings">How; its seed serves only samplers that draw noise in their steps, and rows count as images of caption 0.</param>
    /// <param name="cancellation">Looked at before every step.</param>
    /// <returns>Latents in the UNet's scale, fp32, of the noise's shape.</returns>
    public Tensor SampleLatents(
        IReadOnlyList<string> prompts, Tensor noise, GenerationSettings settings, CancellationToken cancellation = default)
    {
        settings.Validate();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var stream = new BatchStream(generator, settings);
        var images = prompts.Select((_, row) => (0, row)).ToArray();
        return stream.Sample(prompts, images, noise.to(generator.Device.Torch), null, cancellation).MoveToOuterDisposeScope();
    }

    /// <summary>Decodes latents a few images at a time.</summary>
    /// <param name="latents">Latents in the UNet's scale, <c>[B, latent channels, h, w]</c>.</param>
    /// <param name="pixelsAtOnce">The most pixels decoded at once; a larger image is decoded whole.</param>
    /// <returns>fp32 <c>[B, 3, H, W]</c> in [0, 1].</returns>
    public Tensor Decode(Tensor latents, int pixelsAtOnce = 1 << 21)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var side = generator.Autoencoder.Config.Downscale;
        var pixels = latents.shape[2] * latents.shape[3] * side * side;
        var slice = Math.Max(1, pixelsAtOnce / pixels);
        var images = new List<Tensor>();
        for (var start = 0L; start < latents.shape[0]; start += slice)
        {
            using var part = NewDisposeScope();
            var rows = latents.narrow(0, start, Math.Min(slice, latents.shape[0] - start)) / (float)generator.Autoencoder.Config.ScalingFactor;
            images.Add((generator.Autoencoder.Decode(rows).to(float32) / 2 + 0.5f).clamp_(0, 1).MoveToOuterDisposeScope());
        }

        return cat(images).MoveToOuterDisposeScope();
    }

    /// <summary>What is written into an image's file so that it can be made again.</summary>
    /// <param name="request">The image.</param>
    /// <param name="settings">How it was made.</param>
    public GenerationRecord Record(ImageRequest request, GenerationSettings settings) => new()
    {
        Caption = request.Caption,
        CaptionIndex = request.CaptionIndex,
        ImageIndex = request.ImageIndex,
        Seed = settings.Seed,
        GuidanceScale = settings.GuidanceScale,
        GuidanceRescale = settings.GuidanceRescale,
        NegativePrompt = settings.NegativePrompt,
        Steps = settings.Steps,
        Sampler = settings.Sampler ?? SchedulerFactory.SamplerOf(generator.SchedulerConfig),
        Eta = settings.Eta,
        ClipSkip = settings.ClipSkip,
        CheckpointHash = generator.Hash,
    };

    private static (int Caption, int Image)[] Keys(ImageRequest[] batch) => Array.ConvertAll(batch, request => (request.CaptionIndex, request.ImageIndex));

    private PixelImage[] Make(
        BatchStream stream, GenerationSettings settings, long[] shape, ImageRequest[] batch, GenerationProgress progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var keys = Keys(batch);
        var noise = ImageNoise.Draw(settings.Seed, keys, ImageNoise.Initial, shape, generator.Device.Torch);
        var latents = stream.Sample(
            [.. batch.Select(request => request.Caption)], keys, noise, share => progress.Report(batch.Length, share), cancellation);
        var images = ImageTensors.ToImages(Decode(latents, settings.DecodedPixels));
        progress.Add(batch.Length);
        return images;
    }

    private long[] LatentShape(GenerationSettings settings)
    {
        settings.Validate();
        var side = generator.Autoencoder.Config.Downscale;
        return [generator.UNet.Config.InChannels, Latents(settings.Height, nameof(settings.Height)), Latents(settings.Width, nameof(settings.Width))];

        long Latents(int? pixels, string name)
        {
            var size = pixels ?? generator.ImageSize;
            return size > 0 && size % side == 0
                ? size / side
                : throw new ArgumentException($"{name} is {size}; this generator makes images of multiples of {side} pixels.", nameof(settings));
        }
    }

    /// <summary>What batches share: the sampler, the time conditions of its schedule and the captions' conditions.</summary>
    private sealed class BatchStream : IDisposable
    {
        private readonly GeneratorFolder _generator;
        private readonly GenerationSettings _settings;
        private readonly IScheduler _scheduler;
        private readonly TimeConditions _times;
        private readonly CaptionConditions _captions;

        public BatchStream(GeneratorFolder generator, GenerationSettings settings)
        {
            (_generator, _settings) = (generator, settings);
            _scheduler = SchedulerFactory.Create(generator.SchedulerConfig, settings.Sampler);
            _captions = new CaptionConditions(Encode, settings.Guided ? settings.NegativePrompt : null);
            using var inference = inference_mode();
            using var run = _scheduler.Start(settings.Steps, settings.Eta);
            using var timesteps = tensor(run.Timesteps.ToArray());
            _times = generator.UNet.PrecomputeTimesteps(timesteps).DetachFromDisposeScope();
        }

        /// <summary>Denoises one batch; <paramref name="report"/> is told the share of the steps that are done.</summary>
        public Tensor Sample(
            IReadOnlyList<string> captions, (int Caption, int Image)[] images, Tensor noise, Action<double>? report, CancellationToken cancellation)
        {
            using var scope = NewDisposeScope();
            cancellation.ThrowIfCancellationRequested();
            var text = _captions.ForBatch(captions);
            using var run = _scheduler.Start(_settings.Steps, _settings.Eta);
            var sample = noise * run.InitialNoiseScale;
            for (var step = 0; step < run.Timesteps.Count; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                using var previous = sample;
                sample = Step(run, previous, step, text, images);
                report?.Invoke((step + 1.0) / run.Timesteps.Count);
            }

            return sample.MoveToOuterDisposeScope();
        }

        public void Dispose()
        {
            _times.Dispose();
            _captions.Dispose();
        }

        private Tensor Step(ISchedulerRun run, Tensor sample, int step, TextCondition text, (int Caption, int Image)[] images)
        {
            using var scope = NewDisposeScope();
            var input = run.ScaleInput(sample, step);
            var output = _generator.UNet.forward(_settings.Guided ? cat([input, input]) : input, _times[step], text).to(float32);
            if (_settings.Guided)
            {
                output = Guidance.Combine(output, _settings.GuidanceScale, _settings.GuidanceRescale);
            }

            var noise = run.NeedsNoise(step)
                ? ImageNoise.Draw(_settings.Seed, images, step + 1, sample.shape.AsSpan(1), sample.device)
                : null;
            return run.Step(output, sample, step, noise).MoveToOuterDisposeScope();
        }

        private TextCondition Encode(IReadOnlyList<string> texts)
        {
            using var ids = _generator.Tokenizer.EncodeBatch(texts);
            using var placed = ids.to(_generator.Device.Torch);
            using var states = _generator.TextEncoder.Tokens(placed, _settings.ClipSkip);
            return _generator.UNet.Condition(states);
        }
    }
}
