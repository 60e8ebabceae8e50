using StableRep.Engine.Images;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Samples from a generator as it stands: the same prompts with the same noise each time, so that the pictures of a run compare.</summary>
internal static class SamplePreview
{
    /// <summary>A grid of samples, a row each prompt, as PNG.</summary>
    public static byte[] Draw(GeneratorFolder generator, SampleGridRecipe recipe, ulong seed)
    {
        var settings = new GenerationSettings
        {
            Seed = unchecked((long)seed),
            Steps = recipe.Steps,
            GuidanceScale = recipe.GuidanceScale,
            BatchSize = recipe.ImagesPerPrompt,
        };
        var requests = ImageRequest.All(recipe.Prompts, recipe.ImagesPerPrompt);
        PixelImage[] images = [.. new TextToImagePipeline(generator).Generate(requests, settings).Select(generated => generated.Image)];
        return SampleGrid.Draw(images, recipe.ImagesPerPrompt);
    }
}
