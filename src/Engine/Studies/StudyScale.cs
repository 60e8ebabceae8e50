using StableRep.Engine.Diffusion;

namespace StableRep.Engine.Studies;

/// <summary>How large a study is. Every number that its cost depends on is here.</summary>
public sealed record StudyScale
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Captions of every image set; at least <see cref="ViewsPerBatch"/>, so that one batch of one image a caption fits.</summary>
    public required int Captions { get; init; }

    /// <summary>Images per prompt where they are not varied.</summary>
    public int ImagesPerPrompt { get; init; } = 4;

    /// <summary>The guidance scales of experiment 1.</summary>
    public IReadOnlyList<double> Guidances { get; init; } = [1, 2, 3, 4, 6, 8, 10];

    /// <summary>The images per prompt of experiment 2.</summary>
    public IReadOnlyList<int> ImagesPerPromptGrid { get; init; } = [1, 2, 4, 6, 8];

    /// <summary>The guidance scale where it is not varied; one of <see cref="Guidances"/>.</summary>
    public double DefaultGuidance { get; init; } = 3;

    /// <summary>Training runs of each setting, with different seeds; at least 2 for an interval.</summary>
    public int Seeds { get; init; } = 3;

    /// <summary>Views that the encoder sees in a batch, whatever the method: divisible by every number of images per prompt and by 2.</summary>
    public required int ViewsPerBatch { get; init; }

    /// <summary>Batches of a training run, whatever the method.</summary>
    public required int Steps { get; init; }

    /// <summary>Train images of the probe dataset.</summary>
    public required int ProbeTrain { get; init; }

    /// <summary>Test images of the probe dataset.</summary>
    public required int ProbeTest { get; init; }

    /// <summary>Epochs of the linear probe.</summary>
    public int ProbeEpochs { get; init; } = 60;

    /// <summary>How images are generated, but for guidance and seed.</summary>
    public GenerationSettings Generation { get; init; } = new() { Steps = 12, BatchSize = 64 };

    /// <summary>The scales by name: <c>smoke</c> shows in minutes that all of it runs, <c>quick</c> and <c>small</c> are studies for an hour and
    /// for an afternoon on two cores, <c>full</c> for a GPU.</summary>
    public static IReadOnlyList<StudyScale> All { get; } =
    [
        new()
        {
            Name = "smoke",
            Captions = 48,
            Guidances = [1, 3],
            ImagesPerPromptGrid = [1, 4],
            Seeds = 2,
            ViewsPerBatch = 24,
            Steps = 12,
            ProbeTrain = 360,
            ProbeTest = 180,
            ProbeEpochs = 20,
        },
        new()
        {
            Name = "quick",
            Captions = 192,
            ViewsPerBatch = 96,
            Steps = 200,
            ProbeTrain = 1800,
            ProbeTest = 1800,
            ProbeEpochs = 30,
        },
        new()
        {
            Name = "small",
            Captions = 480,
            ViewsPerBatch = 96,
            Steps = 600,
            ProbeTrain = 1800,
            ProbeTest = 1800,
        },
        new()
        {
            Name = "full",
            Captions = 4000,
            ViewsPerBatch = 480,
            Steps = 4000,
            ProbeTrain = 3600,
            ProbeTest = 3600,
            ProbeEpochs = 90,
            Generation = new() { Steps = 25, BatchSize = 256 },
        },
    ];

    /// <summary>A scale by name.</summary>
    /// <exception cref="FormatException">There is none of this name.</exception>
    public static StudyScale Named(string name) => All.FirstOrDefault(scale => scale.Name == name)
        ?? throw new FormatException($"'{name}' is no scale: write {string.Join(", ", All.Select(scale => scale.Name))}.");
}
