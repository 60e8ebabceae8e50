using System.Globalization;
using StableRep.Data.ImageSets;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Training;

namespace StableRep.Api.Sweeps;

/// <summary>One thing that a sweep can vary.</summary>
public sealed record SweepAxis
{
    private const string Supervised = "supervised";

    private SweepAxis()
    {
    }

    /// <summary>The name in <see cref="SweepAxes"/>, in camel case.</summary>
    public required string Name { get; init; }

    /// <summary>The name for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it does, for people.</summary>
    public required string Help { get; init; }

    /// <summary>What one may write.</summary>
    public required string Example { get; init; }

    /// <summary>What stands before a value in an experiment's name; empty where the value says it all.</summary>
    public string Symbol { get; init; } = "";

    /// <summary>The words that it takes; empty for numbers.</summary>
    public IReadOnlyList<string> Known { get; init; } = [];

    /// <summary>Whether its values are numbers.</summary>
    public bool IsNumeric => Known.Count == 0;

    /// <summary>Whether results are averaged over its values.</summary>
    public bool IsSeed { get; init; }

    /// <summary>What is written of it.</summary>
    public required Func<SweepAxes, string?> Written { get; init; }

    /// <summary>Its value in an experiment.</summary>
    public required Func<ImageSet, TrainingRecipe, string> Read { get; init; }

    private decimal Least { get; init; }

    private decimal Most { get; init; } = 1000;

    private bool Whole { get; init; }

    private bool Positive { get; init; }

    /// <summary>Every axis, in the order in which a grid is spread out.</summary>
    public static IReadOnlyList<SweepAxis> All { get; } =
    [
        new()
        {
            Name = "guidanceScale", Title = "Guidance scale", Symbol = "w", Example = "2-10 (+2)", Most = 100,
            Help = "How closely images follow their caption. StableRep does best where images of a caption differ: its authors generate at 2.",
            Written = axes => axes.GuidanceScale, Read = (set, _) => Number(set.GuidanceScale),
        },
        new()
        {
            Name = "imagesPerPrompt", Title = "Images per prompt", Symbol = "m", Example = "1, 2, 4, 8", Least = 1, Whole = true,
            Help = "Images of each caption, which are each other's positives. With 1, StableRep's loss is SimCLR's, and it is trained as that.",
            Written = axes => axes.ImagesPerPrompt, Read = (set, _) => Number(set.ImagesPerPrompt),
        },
        new()
        {
            Name = "method", Title = "Method", Example = "stablerep, simclr, clip", Known = [.. TrainingMethods.Names.Where(name => name != Supervised)],
            Help = "How the encoder learns. Each gets as many views a batch and as many batches.",
            Written = axes => axes.Method, Read = (_, recipe) => recipe.Method,
        },
        new()
        {
            Name = "sampler", Title = "Sampler", Example = "ddim, dpm++2m", Known = [.. SchedulerFactory.Samplers],
            Help = "How noise is turned into an image.",
            Written = axes => axes.Sampler, Read = (set, _) => set.Sampler,
        },
        new()
        {
            Name = "steps", Title = "Denoising steps", Symbol = "steps", Example = "10, 25, 50", Least = 1, Whole = true,
            Help = "Evaluations of the denoiser for each image.",
            Written = axes => axes.Steps, Read = (set, _) => Number(set.Steps),
        },
        new()
        {
            Name = "epochs", Title = "Epochs", Symbol = "epochs", Example = "10, 20", Most = 100_000, Positive = true,
            Help = "Passes over the captions; the warm-up is stretched with them.",
            Written = axes => axes.Epochs, Read = (_, recipe) => Number(recipe.Epochs),
        },
        new()
        {
            Name = "baseLearningRate", Title = "Base learning rate", Symbol = "lr", Example = "1e-4, 2e-4", Most = 10, Positive = true,
            Help = "The peak learning rate for 256 pairs of views.",
            Written = axes => axes.BaseLearningRate, Read = (_, recipe) => Number(recipe.BaseLearningRate),
        },
        new()
        {
            Name = "imageSeed", Title = "Image seed", Symbol = "noise", Example = "0, 1", Whole = true, IsSeed = true, Most = 1_000_000_000_000_000,
            Help = "The seed of the noise. Every value generates images of its own.",
            Written = axes => axes.ImageSeed, Read = (set, _) => Number(set.Seed),
        },
        new()
        {
            Name = "trainingSeed", Title = "Training seed", Symbol = "seed", Example = "0-2", Whole = true, IsSeed = true, Most = 1_000_000_000_000_000,
            Help = "The seed of first weights, order and augmentation. All values share the images: the cheap way to an interval.",
            Written = axes => axes.TrainingSeed, Read = (_, recipe) => recipe.Seed.ToString(CultureInfo.InvariantCulture),
        },
    ];

    /// <summary>The axis of a name.</summary>
    public static SweepAxis Named(string name) => All.First(axis => axis.Name == name);

    /// <summary>A value with what stands before it, such as <c>w 7.5</c>.</summary>
    public string Label(string value) => Symbol.Length == 0 ? value : $"{Symbol} {value}";

    /// <summary>Reads the axis's values.</summary>
    /// <exception cref="AxisSyntaxException">The text cannot be read, or a value is out of range.</exception>
    public IReadOnlyList<string> Parse(string text)
    {
        if (!IsNumeric)
        {
            return AxisSyntax.Words(text, Known);
        }

        var values = AxisSyntax.Numbers(text);
        foreach (var value in values)
        {
            if (value < Least || value > Most || (Positive && value == 0) || (Whole && value != decimal.Truncate(value)))
            {
                throw new AxisSyntaxException(0, $"{AxisSyntax.Write(value)} is out of range", $"Write {(Whole ? "whole numbers" : "numbers")} {(Positive ? "above" : "from")} {AxisSyntax.Write(Least)} to {AxisSyntax.Write(Most)}.");
            }
        }

        return [.. values.Select(AxisSyntax.Write)];
    }

    private static string Number(double value) => AxisSyntax.Write((decimal)value);
}

/// <summary>An axis of a sweep with its values.</summary>
/// <param name="Name">The axis's name.</param>
/// <param name="Title">Its name for people.</param>
/// <param name="Values">Its values, in the order in which they were written.</param>
public sealed record SweepAxisValues(string Name, string Title, IReadOnlyList<string> Values)
{
    /// <summary>The axis.</summary>
    internal SweepAxis Axis => SweepAxis.Named(Name);
}
