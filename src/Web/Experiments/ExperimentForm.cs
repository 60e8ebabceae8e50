using System.Globalization;
using System.Text.Json;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Models;
using StableRep.Engine.Training;

namespace StableRep.Web.Experiments;

/// <summary>What a person has chosen so far of a new experiment. It is no more than the request that the API takes, one field at a time.</summary>
public sealed class ExperimentForm
{
    /// <summary>The name of what is no recipe of the engine's.</summary>
    public const string Custom = "custom";

    private static readonly JsonSerializerOptions Indented = new(StudioJson.Options) { WriteIndented = true };

    /// <summary>The encoders to choose from, the smallest first.</summary>
    public static IReadOnlyList<string> Backbones { get; } =
        ["vit-pocket", "vit_tiny_patch16_224", "vit_small_patch16_224", "vit_base_patch16_224", "vit_large_patch16_224"];

    /// <summary>The presets of the augmentation.</summary>
    public static IReadOnlyList<string> Augmentations { get; } = ["strong", "weak", "none"];

    /// <summary>The methods that learn from captions' images.</summary>
    public static IReadOnlyList<string> Methods { get; } = [.. TrainingMethods.Names.Where(method => method != "supervised")];

    /// <summary>What to call it.</summary>
    public string Name { get; set; } = "";

    /// <summary>Words to find it by, with commas in between.</summary>
    public string Tags { get; set; } = "";

    /// <summary>What is noted about it.</summary>
    public string Notes { get; set; } = "";

    /// <summary>Whose turn comes first.</summary>
    public int Priority { get; set; }

    /// <summary>The images to train on.</summary>
    public ImageSetSettings Images { get; set; } = new() { CaptionSetId = default, GeneratorId = default, GuidanceScale = 2, Steps = 20 };

    /// <summary>How to train.</summary>
    public TrainingRecipe Recipe { get; set; } = TrainingRecipes.Named("demo");

    /// <summary>The probes to run once it is trained.</summary>
    public IReadOnlyList<NewProbe> Probes { get; set; } = [];

    /// <summary>The form of an experiment that there is, to make another one like it.</summary>
    public static ExperimentForm Of(Experiment original)
    {
        var set = original.ImageSet!;
        var name = original.Name + " (copy)";
        return new ExperimentForm
        {
            Name = name.Length <= 200 ? name : name[..200],
            Tags = string.Join(", ", original.Tags),
            Notes = original.Notes,
            Priority = original.Priority,
            Images = new ImageSetSettings
            {
                CaptionSetId = set.CaptionSetId,
                GeneratorId = set.GeneratorId,
                GuidanceScale = set.GuidanceScale,
                ImagesPerPrompt = set.ImagesPerPrompt,
                Sampler = set.Sampler,
                Steps = set.Steps,
                Seed = set.Seed,
                NegativePrompt = set.NegativePrompt,
                GuidanceRescale = set.GuidanceRescale,
                CaptionCount = set.CaptionCount,
            },
            Recipe = TrainingRecipe.Parse(original.Recipe),
            Probes = [.. original.Probes.Select(probe => new NewProbe(probe.Kind, probe.Dataset))],
        };
    }

    /// <summary>The request for the API and its service.</summary>
    public NewExperiment ToRequest() => new()
    {
        Name = Name,
        Images = Images,
        Recipe = Recipe,
        Probes = Probes,
        Priority = Priority,
        Tags = [.. Tags.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()],
        Notes = Notes,
    };

    /// <summary>The request as the body that the API takes.</summary>
    public string ToJson() => JsonSerializer.Serialize(ToRequest(), Indented);

    /// <summary>Takes the values of a request's body.</summary>
    /// <exception cref="JsonException">The text is no such body; the message names the place.</exception>
    public void TakeJson(string json)
    {
        var request = JsonSerializer.Deserialize<NewExperiment>(json, StudioJson.Options) ?? throw new JsonException("The body is null.");
        (Name, Images, Recipe, Probes, Priority, Notes) = (request.Name, request.Images, request.Recipe, request.Probes, request.Priority, request.Notes);
        Tags = string.Join(", ", request.Tags);
    }

    /// <summary>The recipe of the engine's that this is, whatever its seed, or <see cref="Custom"/>.</summary>
    public string Preset
    {
        get
        {
            var json = Comparable(Recipe);
            return TrainingRecipes.Names.FirstOrDefault(name => Comparable(TrainingRecipes.Named(name, Recipe.Method)) == json) ?? Custom;
        }
    }

    /// <summary>Takes a recipe of the engine's for the method that is chosen.</summary>
    public void TakePreset(string name)
    {
        if (name != Custom)
        {
            Recipe = TrainingRecipes.Named(name, Recipe.Method) with { Seed = Recipe.Seed };
            if (UsesPositives && Images.ImagesPerPrompt < Recipe.ImagesPerSet)
            {
                Images = Images with { ImagesPerPrompt = Recipe.ImagesPerSet };
            }
        }
    }

    /// <summary>Whether the method needs several images of a caption.</summary>
    public bool UsesPositives => Recipe.Method is "stablerep" or "stablerep+";

    /// <summary>Takes another method at the same cost.</summary>
    public void TakeMethod(string method)
    {
        var preset = Preset;
        Recipe = preset == Custom ? TrainingRecipes.ForMethod(Recipe, method) : TrainingRecipes.Named(preset, method) with { Seed = Recipe.Seed };
        if (UsesPositives && Recipe.ImagesPerSet < 2)
        {
            Recipe = Recipe with { ImagesPerSet = Math.Max(2, Images.ImagesPerPrompt) };
        }

        if (!TrainingMethods.UsesText(method))
        {
            Probes = [.. Probes.Where(probe => probe.Kind != ProbeKind.ZeroShot)];
        }
    }

    /// <summary>Takes another encoder, with pictures of the size that it reads.</summary>
    public void TakeBackbone(string name)
    {
        var size = VisionTransformerConfig.Named(name).ImageSize;
        Recipe = Recipe with
        {
            Backbone = name,
            BackboneShape = null,
            Augmentation = Augmentation is Custom ? Recipe.Augmentation with { Size = size } : AugmentationSettings.Preset(Augmentation, size),
        };
    }

    /// <summary>The preset that the augmentation is, or <see cref="Custom"/>.</summary>
    public string Augmentation
    {
        get
        {
            var json = JsonSerializer.Serialize(Recipe.Augmentation, TrainingRecipe.Json);
            return Augmentations.FirstOrDefault(name => JsonSerializer.Serialize(AugmentationSettings.Preset(name, Recipe.Augmentation.Size), TrainingRecipe.Json) == json) ?? Custom;
        }
    }

    /// <summary>Takes a preset of the augmentation.</summary>
    public void TakeAugmentation(string name)
    {
        if (name != Custom)
        {
            Recipe = Recipe with { Augmentation = AugmentationSettings.Preset(name, Recipe.Augmentation.Size) };
        }
    }

    /// <summary>Whether a probe is chosen.</summary>
    public bool Has(ProbeKind kind, string dataset) => Probes.Contains(new NewProbe(kind, dataset));

    /// <summary>Chooses a probe, or not.</summary>
    public void Choose(ProbeKind kind, string dataset, bool chosen)
    {
        var probe = new NewProbe(kind, dataset);
        Probes = chosen ? [.. Probes.Where(other => other != probe), probe] : [.. Probes.Where(other => other != probe)];
    }

    /// <summary>A name that says what is chosen.</summary>
    public string SuggestedName(string? captions) => string.Create(
        CultureInfo.InvariantCulture, $"{captions ?? "Captions"}, {Recipe.Method}, w {Images.GuidanceScale:0.##}, {Images.ImagesPerPrompt} a caption");

    private static string Comparable(TrainingRecipe recipe) => (recipe with { Seed = 0 }).ToJson();
}
