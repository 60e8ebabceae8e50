using StableRep.Engine.Images;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Samples from the models as they stand in memory: the same prompts with the same noise each time, so that pictures of a run compare.</summary>
internal sealed class SamplePreview(
    UNet2DConditionModel unet, ClipTextModel textEncoder, AutoencoderKL vae, ClipTokenizer tokenizer, IScheduler scheduler,
    SampleGridRecipe recipe, ulong seed, ComputeDevice device)
{
    private const ulong PreviewNoise = 31;

    /// <summary>A grid of samples, a row each prompt, as PNG.</summary>
    /// <param name="latentSize">Height and width of the latents.</param>
    public byte[] Draw(long latentSize)
    {
        List<PixelImage> images = [];
        foreach (var (row, prompt) in recipe.Prompts.Index())
        {
            images.AddRange(Sample(prompt, Seeds.Derive(seed, PreviewNoise, row), latentSize));
        }

        return SampleGrid.Draw(images, recipe.ImagesPerPrompt);
    }

    private PixelImage[] Sample(string prompt, ulong noiseSeed, long latentSize)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        var count = recipe.ImagesPerPrompt;
        using var generator = new Generator(noiseSeed, CPU);
        using var run = scheduler.Start(recipe.Steps);
        // The empty caption first: text r serves the r-th half of the batch.
        var text = unet.Condition(textEncoder.forward(tokenizer.EncodeBatch(["", prompt]).to(device.Torch)));
        var sample = randn([count, unet.Config.InChannels, latentSize, latentSize], generator: generator).to(device.Torch) * run.InitialNoiseScale;
        for (var step = 0; step < run.Timesteps.Count; step++)
        {
            var input = run.ScaleInput(sample, step);
            var halves = unet.forward(cat([input, input], 0), unet.AtTimestep(tensor(run.Timesteps[step])), text).chunk(2, 0);
            var guided = halves[0] + (recipe.GuidanceScale * (halves[1] - halves[0]));
            var noise = run.NeedsNoise(step) ? randn(sample.shape, generator: generator).to(device.Torch) : null;
            sample = run.Step(guided, sample, step, noise);
        }

        return ImageTensors.ToImages((vae.Decode(sample / vae.Config.ScalingFactor) + 1) / 2);
    }
}
