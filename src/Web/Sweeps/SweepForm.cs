using StableRep.Api.ImageSets;
using StableRep.Api.Sweeps;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Web.Sweeps;

/// <summary>What a person has chosen so far of a new sweep: the request that the API takes, one field at a time.</summary>
internal sealed class SweepForm
{
    /// <summary>The name of what is no recipe of the engine's.</summary>
    public const string Custom = "custom";

    /// <summary>The request.</summary>
    public NewSweep Request { get; private set; } = new()
    {
        Name = "Sweep",
        Axes = new SweepAxes { GuidanceScale = "1-5 (+1)", TrainingSeed = "0-2" },
        Images = new ImageSetSettings { CaptionSetId = default, GeneratorId = default, GuidanceScale = 2, Steps = 20 },
        Recipe = TrainingRecipes.Named("demo"),
    };

    /// <summary>The tags, with commas in between.</summary>
    public string Tags
    {
        get => string.Join(", ", Request.Tags);
        set => Request = Request with { Tags = [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()] };
    }

    /// <summary>The recipe of the engine's that this is, whatever its seed, or <see cref="Custom"/>.</summary>
    public string Preset
    {
        get
        {
            var json = Comparable(Request.Recipe);
            return TrainingRecipes.Names.FirstOrDefault(name => Comparable(TrainingRecipes.Named(name, Request.Recipe.Method)) == json) ?? Custom;
        }
    }

    /// <summary>The form of a sweep that there is, to make another one like it.</summary>
    public static SweepForm Of(NewSweep original) => new() { Request = original };

    /// <summary>The form with one experiment's settings.</summary>
    public static SweepForm Of(Experiment original)
    {
        var (form, set) = (new SweepForm(), original.ImageSet!);
        form.Request = form.Request with
        {
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
            Probes = [.. original.Probes.Select(probe => new Api.Experiments.NewProbe(probe.Kind, probe.Dataset))],
        };
        return form;
    }

    /// <summary>What is written of an axis.</summary>
    public string Written(SweepAxis axis) => axis.Written(Request.Axes) ?? "";

    /// <summary>Writes an axis.</summary>
    public void Write(SweepAxis axis, string? text)
    {
        var (axes, value) = (Request.Axes, string.IsNullOrWhiteSpace(text) ? null : text);
        Request = Request with
        {
            Axes = axis.Name switch
            {
                "guidanceScale" => axes with { GuidanceScale = value },
                "imagesPerPrompt" => axes with { ImagesPerPrompt = value },
                "method" => axes with { Method = value },
                "sampler" => axes with { Sampler = value },
                "steps" => axes with { Steps = value },
                "epochs" => axes with { Epochs = value },
                "baseLearningRate" => axes with { BaseLearningRate = value },
                "imageSeed" => axes with { ImageSeed = value },
                _ => axes with { TrainingSeed = value },
            },
        };
    }

    /// <summary>Changes the request.</summary>
    public void Set(Func<NewSweep, NewSweep> change) => Request = change(Request);

    /// <summary>Takes a recipe of the engine's for the method that is chosen.</summary>
    public void TakePreset(string name)
    {
        if (name != Custom)
        {
            Request = Request with { Recipe = TrainingRecipes.Named(name, Request.Recipe.Method) with { Seed = Request.Recipe.Seed } };
        }
    }

    /// <summary>Takes another method at the same cost.</summary>
    public void TakeMethod(string method) => Request = Request with
    {
        Recipe = Preset is Custom ? TrainingRecipes.ForMethod(Request.Recipe, method) : TrainingRecipes.Named(Preset, method) with { Seed = Request.Recipe.Seed },
    };

    /// <summary>Whether a probe is chosen.</summary>
    public bool Has(ProbeKind kind, string dataset) => Request.Probes.Any(probe => probe.Kind == kind && probe.Dataset == dataset);

    /// <summary>Chooses a probe, or not.</summary>
    public void Choose(ProbeKind kind, string dataset, bool chosen)
    {
        var others = Request.Probes.Where(probe => probe.Kind != kind || probe.Dataset != dataset);
        Request = Request with { Probes = chosen ? [.. others, new Api.Experiments.NewProbe(kind, dataset)] : [.. others] };
    }

    private static string Comparable(TrainingRecipe recipe) => (recipe with { Seed = 0 }).ToJson();
}
