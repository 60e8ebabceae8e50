using StableRep.Api.Experiments;
using StableRep.Api.Sweeps;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Http.Examples;

/// <summary>Examples of sweeps.</summary>
internal static class SweepExamples
{
    private static readonly NewSweep Wanted = new()
    {
        Name = "guidance scale",
        Axes = new SweepAxes { GuidanceScale = "2-10 (+4)", TrainingSeed = "0, 1" },
        Images = ExperimentExamples.Images,
        Recipe = ExperimentExamples.Recipe,
        Probes = [new NewProbe(ProbeKind.Linear, "scenes-objects")],
        Tags = ["guidance"],
    };

    private static readonly SweepAxisValues[] Axes = [new("guidanceScale", "Guidance scale", ["2", "6", "10"]), new("trainingSeed", "Training seed", ["0", "1"])];

    private static readonly Dictionary<string, string> Place = new() { ["guidanceScale"] = "2", ["trainingSeed"] = "0" };

    /// <summary>One object of each type.</summary>
    public static IEnumerable<object> All =>
    [
        Wanted,
        new SweepPlan
        {
            Axes = Axes,
            Cells = [new SweepPlanCell(Place, 0, 0, "stablerep", 32, 620, 940, [], null)],
            ImageSets = [new SweepPlanImageSet(2, 4, "ddim", 25, 0, 4000, 4000, false, 2)],
            Experiments = 6,
            Images = 12_000,
            MissingImages = 12_000,
            SavedImages = 12_000,
            Steps = 3720,
            GenerationSeconds = 5551,
            TrainingSeconds = 5640,
            DiskBytes = 240_000_000,
            FreeBytes = 212_000_000_000,
        },
        new SweepSummary(
            ExampleThings.Other, Wanted.Name, ExampleThings.Person, ExampleThings.At, Axes,
            new Dictionary<ExperimentState, int> { [ExperimentState.Done] = 2, [ExperimentState.Training] = 1, [ExperimentState.Queued] = 3 }),
        new SweepDetails(
            ExampleThings.Other, Wanted.Name, ExampleThings.Person, ExampleThings.At, Wanted, Axes,
            [
                new SweepCell(
                    Place, ExampleThings.Experiment, ExperimentState.Done, null, 1, [new SweepProbe(ProbeKind.Linear, "scenes-objects", WorkState.Done, 0.713)]),
            ]),
        new SweepsApi.SweepChange(3),
    ];
}
