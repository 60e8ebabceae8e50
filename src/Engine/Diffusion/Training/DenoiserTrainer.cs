using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Trains UNet and text encoder to find the noise (or the velocity) in noised latents (Ho et al. 2020; Salimans and Ho 2022).</summary>
internal sealed class DenoiserTrainer : IDisposable
{
    private const ulong Order = 20;
    private const ulong Noise = 21;
    private const ulong HeldOutNoise = 22;
    private const int MostHeldOut = 256;

    private readonly UNet2DConditionModel _unet;
    private readonly ClipTextModel _textEncoder;
    private readonly LatentSet _data;
    private readonly IScheduler _scheduler;
    private readonly DenoiserTrainingRecipe _recipe;
    private readonly ulong _seed;
    private readonly BatchShare _share;
    private readonly ComputeDevice _device;
    private readonly ShuffledOrder _order;
    private readonly Tensor _weights;
    private readonly int _heldOut;

    public DenoiserTrainer(
        UNet2DConditionModel unet, ClipTextModel textEncoder, LatentSet data, IScheduler scheduler, DenoiserTrainingRecipe recipe, ulong seed, BatchShare share, ComputeDevice device)
    {
        (_unet, _textEncoder, _data, _scheduler, _recipe, _seed, _share, _device) = (unet, textEncoder, data, scheduler, recipe, seed, share, device);
        _heldOut = Math.Min(MostHeldOut, data.Count / 50);
        _order = new ShuffledOrder(data.Count - _heldOut, Seeds.Derive(seed, Order, 0));
        _weights = LossWeights.Of(scheduler.Schedule, scheduler.Prediction, recipe.MinSnrGamma).DetachFromDisposeScope();
    }

    /// <summary>This share of the weighted loss of one step.</summary>
    public Tensor Loss(long step) =>
        Loss(_order.Batch(step, _recipe.BatchSize), _share, _recipe.EmptyCaptions, Seeds.Derive(_seed, Noise, step));

    /// <summary>The loss of images that are never trained on, with the same noise each time; null where there are too few images to hold any back.</summary>
    public double? HeldOutLoss()
    {
        if (_heldOut == 0)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var inference = no_grad();
        var last = Enumerable.Range(_data.Count - _heldOut, _heldOut).Select(index => (long)index);
        return last.Chunk(_recipe.BatchSize).Index()
            .Sum(chunk => Loss(chunk.Item, new BatchShare(0, 1), 0, Seeds.Derive(_seed, HeldOutNoise, chunk.Index)).item<float>() * chunk.Item.Length) / _heldOut;
    }

    public void Dispose() => _weights.Dispose();

    private Tensor Loss(long[] examples, BatchShare share, double emptyCaptions, ulong seed)
    {
        using var generator = new Generator(seed, CPU);
        var (count, levels) = (examples.Length, _scheduler.Schedule.Length);
        var chosen = tensor(examples);
        var latents = _data.Latents.index_select(0, chosen);
        var empty = rand([count, 1], generator: generator) < emptyCaptions;
        var tokens = where(empty, _data.EmptyTokens, _data.Tokens.index_select(0, chosen));
        // One draw a stratum instead of independent draws: every batch covers all noise levels, and the gradient varies less.
        var timesteps = ((arange(count) + rand([count], generator: generator)) * ((double)levels / count)).to(ScalarType.Int64).clamp_(0, levels - 1);
        var noise = randn(latents.shape, generator: generator);
        var noisy = _scheduler.Schedule.AddNoise(latents, noise, timesteps);
        var target = _scheduler.Prediction switch
        {
            PredictionType.VPrediction => _scheduler.Schedule.Velocity(latents, noise, timesteps),
            PredictionType.Sample => latents,
            _ => noise,
        };
        var (first, length) = share.Of(count);
        var text = _textEncoder.forward(Mine(tokens));
        var predicted = _unet.forward(Mine(noisy), Mine(timesteps), text);
        var error = (predicted - Mine(target)).square().mean([1, 2, 3]);
        return (error * Mine(_weights.index_select(0, timesteps))).sum() / count;

        // Random numbers are drawn for the whole batch, so that they do not depend on how many replicas share it.
        Tensor Mine(Tensor batch) => batch.narrow(0, first, length).to(_device.Torch);
    }
}
