using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Trains a VAE to reproduce images from latents that are nearly normal (Kingma and Welling 2014; Rombach et al. 2022).</summary>
internal sealed class VaeTrainer(AutoencoderKL vae, CaptionedImages images, VaeTrainingRecipe recipe, ulong seed, BatchShare share, ComputeDevice device)
{
    private const ulong LatentNoise = 11;
    private readonly ShuffledOrder _order = new(images.Count, Seeds.Derive(seed, 10, 0));
    private Task<Tensor>? _next;
    private long _nextStep = -1;

    /// <summary>This share of the loss of one step: the absolute errors of pixels, colours and edges, and KL.</summary>
    public Tensor Loss(long step)
    {
        var batch = Batch(step).to(device.Torch);
        using var generator = new Generator(Seeds.Derive(seed, LatentNoise + ((ulong)share.Index << 8), step), CPU);
        var (mean, logVariance) = vae.Encode(batch);
        var noise = randn(mean.shape, generator: generator).to(device.Torch);
        var restored = vae.Decode(mean + (exp(0.5 * logVariance) * noise));
        var difference = restored - batch;
        var kl = 0.5 * (mean.square() + exp(logVariance) - 1 - logVariance).mean();
        var colours = difference - difference.mean([1], keepdim: true);
        var loss = difference.abs().mean() + (recipe.ColourWeight * colours.abs().mean()) + (recipe.EdgeWeight * EdgeError(difference)) + (recipe.KlWeight * kl);
        return loss * ((double)batch.shape[0] / recipe.BatchSize);
    }

    // The difference of the differences is the difference of the edges: one subtraction serves both.
    private static Tensor EdgeError(Tensor difference)
    {
        var columns = difference.shape[3] - 1;
        var rows = difference.shape[2] - 1;
        var horizontal = (difference.narrow(3, 1, columns) - difference.narrow(3, 0, columns)).abs().mean();
        var vertical = (difference.narrow(2, 1, rows) - difference.narrow(2, 0, rows)).abs().mean();
        return 0.5 * (horizontal + vertical);
    }

    /// <summary>The step's images; the next step's are read while this one computes.</summary>
    private Tensor Batch(long step)
    {
        var batch = _nextStep == step && _next is { } ready ? ready.GetAwaiter().GetResult() : Read(step);
        _nextStep = step + 1;
        _next = Task.Run(() => Read(step + 1));
        return batch;
    }

    private Tensor Read(long step)
    {
        var (first, length) = share.Of(recipe.BatchSize);
        return images.Read(_order.Batch(step, recipe.BatchSize).AsSpan(first, length).ToArray());
    }
}
