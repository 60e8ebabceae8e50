using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Text;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// All training images as scaled latents, and their captions as token numbers: rendered, encoded and tokenized once, so that the denoiser's
/// steps have no other work than the denoiser.
/// </summary>
internal sealed class LatentSet : IDisposable
{
    private const int BatchSize = 64;

    private LatentSet(Tensor latents, Tensor tokens, Tensor emptyTokens) => (Latents, Tokens, EmptyTokens) = (latents, tokens, emptyTokens);

    /// <summary>Means of the VAE's posterior times the scaling factor: <c>[N, C, h, w]</c> fp32 on the CPU.</summary>
    public Tensor Latents { get; }

    /// <summary>The captions: <c>[N, L]</c> int64 on the CPU.</summary>
    public Tensor Tokens { get; }

    /// <summary>The empty caption: <c>[1, L]</c>.</summary>
    public Tensor EmptyTokens { get; }

    public int Count => (int)Latents.shape[0];

    /// <summary>Encodes every image, and its mirror image where asked for and the caption allows it.</summary>
    public static LatentSet Encode(
        CaptionedImages images, AutoencoderKL vae, ClipTokenizer tokenizer, bool mirror,
        ComputeDevice device, IRunObserver observer, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        List<Tensor> latents = [];
        List<string> captions = [];
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var first = 0; first < images.Count; first += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            long[] indices = [.. Enumerable.Range(first, Math.Min(BatchSize, images.Count - first)).Select(index => (long)index)];
            var batch = images.Read(indices).to(device.Torch);
            string[] texts = [.. indices.Select(index => images.Caption((int)index))];
            Add(batch, texts);
            long[] mirrored = mirror ? [.. Enumerable.Range(0, texts.Length).Where(place => !Sides.Mentions(texts[place])).Select(place => (long)place)] : [];
            if (mirrored.Length > 0)
            {
                Add(batch.index_select(0, tensor(mirrored, device: device.Torch)).flip(3), [.. mirrored.Select(place => texts[place])]);
            }

            var done = first + indices.Length;
            observer.Progress(new RunProgress("latents", done, images.Count, "images", watch.Elapsed * ((double)(images.Count - done) / done)));
        }

        return new LatentSet(
            cat([.. latents], 0).DetachFromDisposeScope(),
            Tokenize(tokenizer, captions).DetachFromDisposeScope(),
            Tokenize(tokenizer, [""]).DetachFromDisposeScope());

        void Add(Tensor batch, IEnumerable<string> texts)
        {
            latents.Add((vae.Encode(batch).Mean * vae.Config.ScalingFactor).cpu().MoveToOtherDisposeScope(scope));
            captions.AddRange(texts);
        }
    }

    /// <summary>The factor that gives the latents of some images unit variance.</summary>
    public static double MeasureScalingFactor(CaptionedImages images, AutoencoderKL vae, ComputeDevice device)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        var sample = Enumerable.Range(0, Math.Min(images.Count, 512)).Select(index => (long)index).Chunk(BatchSize)
            .Select(indices => vae.Encode(images.Read(indices).to(device.Torch)).Mean).ToArray();
        return Math.Round(1 / cat(sample, 0).std().item<float>(), 5);
    }

    /// <summary>Keeps the set in a file; the latents in half precision, which their noise in training far exceeds.</summary>
    public void Write(string path)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor>
        {
            ["latents"] = Latents.to(ScalarType.Float16),
            ["tokens"] = Tokens,
            ["empty_tokens"] = EmptyTokens,
        });
    }

    public static LatentSet Read(string path)
    {
        using var scope = NewDisposeScope();
        using var file = SafetensorsFile.Open(path);
        return new LatentSet(
            file.Read("latents").to(ScalarType.Float32).DetachFromDisposeScope(),
            file.Read("tokens").DetachFromDisposeScope(),
            file.Read("empty_tokens").DetachFromDisposeScope());
    }

    public void Dispose()
    {
        Latents.Dispose();
        Tokens.Dispose();
        EmptyTokens.Dispose();
    }

    private static Tensor Tokenize(ClipTokenizer tokenizer, List<string> captions)
    {
        long[] ids = [.. captions.SelectMany(caption => tokenizer.Encode(caption)).Select(id => (long)id)];
        return tensor(ids, [captions.Count, ids.Length / captions.Count]);
    }
}
