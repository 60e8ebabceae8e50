using System.Text.Json;
using StableRep.Api.Experiments;
using StableRep.Api.ImageSets;
using StableRep.Api.Probes;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.ImageSets;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Http.Examples;

/// <summary>Examples of experiments, their probes, events and curves.</summary>
internal static class ExperimentExamples
{
    /// <summary>What the example experiment trains on.</summary>
    public static ImageSetSettings Images { get; } = new()
    {
        CaptionSetId = ExampleThings.Captions,
        GeneratorId = ExampleThings.Generator,
        GuidanceScale = 2,
        ImagesPerPrompt = 4,
        Sampler = "ddim",
        CaptionCount = 1000,
    };

    /// <summary>How it trains.</summary>
    public static TrainingRecipe Recipe { get; } = TrainingRecipes.Named("demo");

    private static readonly NewExperiment Wanted = new()
    {
        Name = "w = 2",
        Images = Images,
        Recipe = Recipe,
        Probes = [new NewProbe(ProbeKind.Linear, "scenes-objects"), new NewProbe(ProbeKind.Knn, "scenes-objects")],
        Tags = ["guidance"],
        Notes = "The paper's scale, on our captions.",
    };

    private static readonly Experiment Stored = new()
    {
        Id = ExampleThings.Experiment,
        Name = Wanted.Name,
        OwnerId = ExampleThings.Person,
        State = ExperimentState.Training,
        ImageSetId = ExampleThings.ImageSet,
        Recipe = Recipe.ToJson(),
        Tags = [.. Wanted.Tags],
        Notes = Wanted.Notes,
        TrainingState = WorkState.Running,
        LastSequence = 42,
        CreatedAt = ExampleThings.At,
        LaunchedAt = ExampleThings.At.AddMinutes(1),
        ImageSet = new ImageSet
        {
            Id = ExampleThings.ImageSet,
            ContentKey = ExampleThings.Sha256,
            CaptionSetId = Images.CaptionSetId,
            GeneratorId = Images.GeneratorId,
            GuidanceScale = Images.GuidanceScale,
            ImagesPerPrompt = Images.ImagesPerPrompt,
            Sampler = Images.Sampler!,
            Steps = Images.Steps,
            Seed = Images.Seed,
            CaptionCount = Images.CaptionCount!.Value,
            CreatedAt = ExampleThings.At,
        },
        Probes = [new Probe { Id = ExampleThings.Other, ExperimentId = ExampleThings.Experiment, Kind = ProbeKind.Linear, Dataset = "scenes-objects" }],
    };

    private static readonly ProbeView Probed = new(ExampleThings.Other, ProbeKind.Linear, "scenes-objects", WorkState.Done, null, 0.713, ExampleThings.At.AddHours(1));

    private static readonly EventView Event = new(
        42, "metrics", JsonSerializer.SerializeToElement(new { points = new[] { new { series = "train/loss", step = 1200, value = 3.21 } } }), ExampleThings.At.AddMinutes(30));

    /// <summary>One object of each type.</summary>
    public static IEnumerable<object> All =>
    [
        Wanted,
        new ExperimentEdit { Name = "w = 2, again", Tags = ["guidance", "paper"] },
        Wanted.Probes[0],
        ExperimentView.Of(Stored, []),
        new ExperimentSummary
        {
            Id = Stored.Id,
            Name = Stored.Name,
            OwnerId = Stored.OwnerId,
            Owner = "Ada Lovelace",
            State = ExperimentState.Done,
            Method = Recipe.Method,
            Backbone = Recipe.Backbone,
            ImageSetId = Stored.ImageSetId,
            CaptionSetId = Images.CaptionSetId,
            CaptionSet = "CC3M",
            GeneratorId = Images.GeneratorId,
            Generator = "pocket",
            GuidanceScale = Images.GuidanceScale,
            ImagesPerPrompt = Images.ImagesPerPrompt,
            CaptionCount = Stored.ImageSet!.CaptionCount,
            Priority = Stored.Priority,
            Tags = Stored.Tags,
            LinearAccuracy = Probed.Accuracy,
            KnnAccuracy = 0.664,
            CreatedAt = ExampleThings.At,
            LaunchedAt = Stored.LaunchedAt,
            FinishedAt = Probed.FinishedAt,
        },
        new ExperimentPlan(4000, 4000, 16, 620, 1850.5, 940, 61_000_000, 212_000_000_000, null),
        Probed,
        new ProbeResultView(Probed, JsonSerializer.SerializeToElement(new { accuracy = Probed.Accuracy })),
        Event,
        new EventPage([Event], 42),
        new BucketedCurve("train/loss", 620, [new BucketView(1, 4, 4.71, 4.86, 4.71, 4, ExampleThings.At.AddMinutes(20))]),
        new FileView("model.safetensors", 22_031_944),
    ];
}
