using System.CommandLine;
using StableRep.Engine.Diffusion.Training;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;

namespace StableRep.Api.Cli;

/// <summary>The verb <c>generators train</c>.</summary>
internal static class GeneratorsTrainCommand
{
    private const string ScenesData = "scenes";
    private const string SimpleScenesData = "simple-scenes";
    private const int DefaultSceneCount = 32_768;

    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "The generator's folder; replaced whole at the end.", Required = true };
        var recipe = new Option<string?>("--recipe") { Description = $"{string.Join(", ", GeneratorRecipe.Presets)}, or a JSON file; fine-tune where --init is given, else pocket." };
        var data = new Option<string>("--data") { Description = "scenes, simple-scenes (large single objects, to begin with), or a folder of WebDataset .tar files with images and captions.", DefaultValueFactory = _ => ScenesData };
        var initial = new Option<string?>("--init") { Description = "A generator's folder to continue from." };
        var resume = new Option<bool>("--resume") { Description = "Continue the unfinished run of this --out." };
        var seed = new Option<ulong>("--seed") { Description = "Decides weights, order and noise.", DefaultValueFactory = _ => 1 };
        var steps = new Option<int?>("--steps") { Description = "Steps of the UNet and text encoder; the recipe's without it." };
        var minutes = new Option<double?>("--max-minutes") { Description = "The most minutes for the UNet and text encoder; no limit without it." };
        var device = new Option<string>("--device") { Description = "cpu, cuda, cuda:N or auto.", DefaultValueFactory = _ => "auto" };
        var command = new Command("train", "Train a generator from nothing, or continue one, on captioned images.")
        {
            output, recipe, data, initial, resume, seed, steps, minutes, device,
        };
        command.SetVerb((parsed, cancellationToken) =>
        {
            var options = new GeneratorTrainingOptions
            {
                Recipe = Limited(Recipe(parsed.GetValue(recipe), parsed.GetValue(initial)), parsed.GetValue(steps)),
                OutputFolder = parsed.GetRequiredValue(output),
                InitialFolder = parsed.GetValue(initial),
                Resume = parsed.GetValue(resume),
                Seed = parsed.GetValue(seed),
                TimeLimit = parsed.GetValue(minutes) is { } limit ? TimeSpan.FromMinutes(limit) : null,
                Device = ComputeDevice.Parse(parsed.GetRequiredValue(device)),
            };
            var source = Source(parsed.GetRequiredValue(data), options);
            using var console = new TrainingConsole(parsed.InvocationConfiguration.Output, options.WorkFolderPath, TimeProvider.System);
            return Task.Run(() => new GeneratorTrainer(options, console).Run(source, cancellationToken), cancellationToken);
        });
        return command;
    }

    private static GeneratorRecipe Recipe(string? name, string? initial)
    {
        name ??= initial is null ? "pocket" : "fine-tune";
        return GeneratorRecipe.Presets.Contains(name) ? GeneratorRecipe.Preset(name) : GeneratorRecipe.Load(name);
    }

    private static GeneratorRecipe Limited(GeneratorRecipe recipe, int? steps) =>
        steps is { } count ? recipe with { DenoiserTraining = recipe.DenoiserTraining with { Steps = count } } : recipe;

    private static IPositiveSetSource Source(string data, GeneratorTrainingOptions options)
    {
        if (data is ScenesData or SimpleScenesData)
        {
            var stream = new SceneStream(options.Seed, size: options.Recipe.ImageSize ?? 64, simple: data == SimpleScenesData);
            return new SceneImages(stream, options.Recipe.DenoiserTraining.Images ?? DefaultSceneCount);
        }

        var shards = Directory.Exists(data) ? Directory.GetFiles(data, "*.tar", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToArray() : [];
        return shards.Length > 0
            ? new ShardPositiveSetSource([.. shards.Select(ShardReader.Open)])
            : throw new FormatException($"--data '{data}' is neither '{ScenesData}' nor '{SimpleScenesData}' nor a folder that holds .tar files.");
    }
}
