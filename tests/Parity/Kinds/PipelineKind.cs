using StableRep.Engine.Diffusion;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>Prompts to latents and images with a checkpoint, from given noise, one row an image, prompt by prompt.</summary>
internal static class PipelineKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        // The case's own scheduler takes the place of the checkpoint's.
        using var loaded = GeneratorFolder.Load(parity.PathIn("model"), ComputeDevice.Cpu);
        var scheduler = parity.Json.TryGetProperty("scheduler", out _) ? parity.Config("scheduler") : loaded.SchedulerConfig;
        var generator = new GeneratorFolder(loaded.Tokenizer, loaded.TextEncoder, loaded.UNet, loaded.Autoencoder, scheduler, loaded.Device);
        var pipeline = new TextToImagePipeline(generator);

        var images = Number("images_per_prompt", 1);
        List<string> rows = [.. parity.Json.GetProperty("prompts").EnumerateArray().SelectMany(prompt => Enumerable.Repeat(prompt.GetString()!, (int)images))];
        var latents = pipeline.SampleLatents(rows, parity.In("noise"), new GenerationSettings
        {
            Steps = parity.Integer("steps"),
            GuidanceScale = Number("guidance_scale", 7.5),
            GuidanceRescale = Number("guidance_rescale", 0),
            NegativePrompt = parity.Json.TryGetProperty("negative_prompt", out var negative) ? negative.GetString() ?? "" : "",
            Eta = Number("eta", 0),
            ClipSkip = (int)Number("clip_skip", 0),
        });
        return new Dictionary<string, Tensor> { ["latents"] = latents, ["image"] = pipeline.Decode(latents) };

        double Number(string key, double fallback) => parity.Json.TryGetProperty(key, out var value) ? value.GetDouble() : fallback;
    }
}
