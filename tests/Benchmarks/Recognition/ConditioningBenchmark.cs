using StableRep.Engine.Diffusion;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;
using static TorchSharp.torch;

namespace StableRep.Benchmarks.Recognition;

/// <summary>
/// What a generator has learned of its captions, long before it shows in a picture: the denoising loss of true captions beside that of captions with
/// another object, with another colour, and of none.
/// </summary>
internal static class ConditioningBenchmark
{
    public const string Usage = "usage: benchmarks conditioning GENERATOR_FOLDER   (a generator of scenes that predicts velocities)";

    private const int Count = 192;
    private const int Chunk = 64;
    private const ulong Noise = 5;

    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (arguments is not [var folder] || folder.StartsWith('-'))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        TorchRuntime.Load();
        using var mode = inference_mode();
        using var generator = GeneratorFolder.Load(folder, ComputeDevice.Cpu);
        var schedule = SchedulerFactory.Create(generator.SchedulerConfig).Schedule;
        var stream = new SceneStream(Noise, SceneDomain.JudgeTest, generator.ImageSize);
        var samples = Enumerable.Range(0, Count).Select(index => stream.Sample(index)).ToArray();
        using var scope = NewDisposeScope();
        var pixels = ImageTensors.ToFloats([.. samples.Select(sample => sample.Image)]) * 2 - 1;
        var latents = generator.Autoencoder.Encode(pixels).Mean * generator.Autoencoder.Config.ScalingFactor;
        (string Name, string[] Captions)[] variants =
        [
            ("true", [.. samples.Select(sample => sample.Caption.Text)]),
            ("another object", [.. samples.Select(sample => Reworded(sample, main => main with { Class = Next(main.Class!.Value), FacesLeft = null, Tilted = false }))]),
            ("another colour", [.. samples.Select(sample => Reworded(sample, main => main with { Colour = main.Colour is { } colour ? Next(colour) : null }))]),
            ("none", [.. samples.Select(_ => "")]),
        ];
        Console.WriteLine($"{"timestep",9} {string.Join(' ', variants.Select(variant => $"{variant.Name,15}"))}");
        foreach (var timestep in (ReadOnlySpan<int>)[990, 900, 800, 700, 600, 500, 400, 300, 200, 100])
        {
            var losses = new List<double>();
            foreach (var (_, captions) in variants)
            {
                losses.Add(Loss(generator, schedule, latents, captions, timestep));
            }

            Console.WriteLine($"{timestep,9} {losses[0],15:F4} {string.Join(' ', losses.Skip(1).Select(loss => $"{loss - losses[0],15:+0.0000;-0.0000}"))}");
        }

        return 0;
    }

    private static double Loss(GeneratorFolder generator, NoiseSchedule schedule, Tensor latents, string[] captions, int timestep)
    {
        var sum = 0.0;
        for (var from = 0; from < Count; from += Chunk)
        {
            using var scope = NewDisposeScope();
            using var random = new Generator(Noise + (ulong)from, CPU);
            var part = latents.narrow(0, from, Chunk);
            var noise = randn(part.shape, generator: random);
            var timesteps = full(Chunk, timestep, dtype: ScalarType.Int64);
            var text = generator.TextEncoder.forward(generator.Tokenizer.EncodeBatch(captions[from..(from + Chunk)]));
            var predicted = generator.UNet.forward(schedule.AddNoise(part, noise, timesteps), timesteps, text);
            sum += (predicted - schedule.Velocity(part, noise, timesteps)).square().mean().item<float>();
        }

        return sum * Chunk / Count;
    }

    private static string Reworded(SceneSample sample, Func<ObjectDescription, ObjectDescription> change)
    {
        var says = sample.Caption.Says;
        return SceneCaptioner.Phrase(says with { Objects = [change(says.Objects[0]), .. says.Objects.Skip(1)] }, sample.Seed);
    }

    private static ObjectClass Next(ObjectClass of) => (ObjectClass)(((int)of + 7) % SceneRules.ClassCount);

    private static ObjectColour Next(ObjectColour of) => (ObjectColour)(((int)of + 3) % SceneRules.ColourCount);
}
