using StableRep.Engine.Diffusion;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;

namespace StableRep.Engine.Studies;

/// <summary>
/// The paper's claims on scenes: methods by guidance scale, StableRep by images per prompt, and all methods side by side, each over several
/// seeds. Every image set and every cell is kept when it is done, so that a study that is stopped goes on where it was.
/// </summary>
public sealed class Study
{
    private const int CaptionSeed = 1;

    private readonly string _folder;
    private readonly StudyGenerator _generator;
    private readonly ComputeDevice _device;
    private readonly SceneCaptionSet _captions;
    private readonly ProbeDataset _dataset;

    /// <summary>Names a study; nothing is read or written yet.</summary>
    /// <param name="scale">Its size.</param>
    /// <param name="folder">Its folder: image sets, runs, results. Studies of several scales may share it.</param>
    /// <param name="generator">The generator.</param>
    /// <param name="device">Where to compute.</param>
    public Study(StudyScale scale, string folder, StudyGenerator generator, ComputeDevice device)
    {
        (Scale, Plan, _folder, _generator, _device) = (scale, new StudyPlan(scale), folder, generator, device);
        _captions = SceneCaptionSet.Create(scale.Captions, CaptionSeed);
        _dataset = DecodedImages.Of(SceneProbes.Create(SceneAttribute.Object, scale.ProbeTrain, scale.ProbeTest, seed: CaptionSeed));
    }

    /// <summary>The study's size.</summary>
    public StudyScale Scale { get; }

    /// <summary>What it compares.</summary>
    public StudyPlan Plan { get; }

    /// <summary>What is still to do.</summary>
    public StudyProgress Progress() => new(
        Plan.Cells().Count,
        Plan.Cells().Count(cell => Find(cell) is null),
        Plan.ImageSets().Sum(set => (long)Scale.Captions * set.ImagesPerPrompt),
        Plan.ImageSets().Sum(set => ImageSet(set.Guidance).Missing));

    /// <summary>Measures this machine's pace on a few images, a few training steps and one probe.</summary>
    /// <param name="cancellation">Stops at the next image or step.</param>
    public StudyPace Measure(CancellationToken cancellation = default)
    {
        const int images = 16;
        const int steps = 6;
        var clock = TimeProvider.System;
        var requests = ImageRequest.All([.. _captions.Captions.Take(images).Select(caption => caption.Text)], 1);
        var start = clock.GetTimestamp();
        _ = _generator.Generate(requests, Scale.Generation with { GuidanceScale = Scale.DefaultGuidance, BatchSize = images }, cancellation).Count();
        var generated = clock.GetElapsedTime(start);

        var trial = Directory.CreateTempSubdirectory("stablerep-pace-").FullName;
        try
        {
            var recipe = Plan.Recipe(Plan.ByMethod("stablerep"), Scale.Captions);
            var perEpoch = Scale.Captions / recipe.SetsPerBatch;
            var shortened = recipe with { Epochs = steps / (double)perEpoch, WarmupEpochs = 0 };
            start = clock.GetTimestamp();
            new Trainer(shortened, new RealSceneSet(_captions, Scale.ImagesPerPrompt), new TrainerOptions { Folder = trial, Device = _device }).Run(cancellation);
            var trained = clock.GetElapsedTime(start);
            start = clock.GetTimestamp();
            using var encoder = ProbedEncoder.Untrained(recipe.BackboneConfig(), recipe, _device);
            ProbeSuite.Run(encoder.Features, _dataset, Probes(0), _device, cancellation: cancellation);
            return new StudyPace(images / generated.TotalSeconds, steps / trained.TotalSeconds, clock.GetElapsedTime(start));
        }
        finally
        {
            Directory.Delete(trial, recursive: true);
        }
    }

    /// <summary>How long what is left will take.</summary>
    public TimeSpan Estimate(StudyPace pace)
    {
        var left = Plan.Cells().Where(cell => Find(cell) is null).ToArray();
        var images = Plan.ImageSets().Sum(set => ImageSet(set.Guidance).Missing * (set.Guidance == 1 ? 0.6 : 1));
        var steps = left.Count(cell => cell.Method != StudyCell.Random) * (double)Scale.Steps;
        return TimeSpan.FromSeconds(images / pace.ImagesPerSecond + steps / pace.StepsPerSecond) + left.Length * pace.Probe;
    }

    /// <summary>Runs what is left.</summary>
    /// <param name="observer">Receives metrics and progress of each cell, and the cells' own in the stage <c>cells</c>.</param>
    /// <param name="finished">Told of each cell as it is done or found.</param>
    /// <param name="cancellation">Stops at the next image or step; what was done is kept.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Run(IRunObserver? observer = null, Action<StudyCell, CellResult>? finished = null, CancellationToken cancellation = default)
    {
        observer ??= NullRunObserver.Instance;
        var cells = Plan.Cells();
        for (var i = 0; i < cells.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            observer.Progress(new RunProgress("cells", i, cells.Count, "cells", null));
            var cell = cells[i];
            var result = Experiment(cell).Run(
                RunsFolder, () => Images(cell, observer, cancellation), _dataset, _generator.TokenizerFolder, _device, observer, cancellation);
            finished?.Invoke(cell, result);
        }

        observer.Progress(new RunProgress("cells", cells.Count, cells.Count, "cells", TimeSpan.Zero));
    }

    /// <summary>The result of a cell, or null where it is not done.</summary>
    public CellResult? Find(StudyCell cell) => Experiment(cell).Find(RunsFolder, _dataset);

    /// <summary>The accuracy of a setting over the seeds that are done, or null where none is.</summary>
    /// <param name="setting">The cell, whose seed does not matter.</param>
    public MeanInterval? Accuracy(StudyCell setting) => OverSeeds(seed => Top1(setting, seed));

    /// <summary>The accuracy of a setting's nearest neighbours over the seeds that are done, or null where none is.</summary>
    /// <param name="setting">The cell, whose seed does not matter.</param>
    public MeanInterval? Neighbours(StudyCell setting) => OverSeeds(seed => Find(setting with { Seed = seed })?.Probes.Neighbours?.Top1);

    /// <summary>
    /// By how much settings are ahead of baselines, averaged over the pairs within a seed before the interval is taken over the seeds: runs of one seed
    /// begin with the same weights, and what a seed does to both of a pair cancels out. Null where no seed has all of them.
    /// </summary>
    /// <param name="pairs">Cells whose seeds do not matter.</param>
    public MeanInterval? Lead(IReadOnlyCollection<(StudyCell Setting, StudyCell Baseline)> pairs) => OverSeeds(seed =>
        pairs.Aggregate((double?)0, (sum, pair) => sum + (Top1(pair.Setting, seed) - Top1(pair.Baseline, seed))) / pairs.Count);

    /// <summary>
    /// How alike the images of a caption are at a guidance scale, in the features of the encoder that StableRep trained at the default scale with the
    /// first seed; null where the images or the encoder are not there.
    /// </summary>
    public PositiveSetMeasures? Diversity(double guidance)
    {
        var folder = Path.Combine(RunsFolder, Plan.ByMethod("stablerep").Name, "encoder");
        var set = ImageSet(guidance);
        if (!Directory.Exists(folder) || set.Missing > 0)
        {
            return null;
        }

        var source = new FirstImages(set.Open(), Scale.ImagesPerPrompt);
        using var encoder = ProbedEncoder.Load(folder, _device);
        var images = new SetImages(source, set.Folder);
        using var features = FeatureExtractor.Extract(encoder.Features, images, _device);
        return PositiveSetMeasures.Compute(features.Features, features.Labels);
    }

    /// <summary>The mean over the seeds that have a value, or null where none has.</summary>
    private MeanInterval? OverSeeds(Func<int, double?> value)
    {
        var values = Enumerable.Range(0, Scale.Seeds).Select(value).OfType<double>().ToArray();
        return values.Length == 0 ? null : MeanInterval.Of(values);
    }

    private double? Top1(StudyCell setting, int seed) => Find(setting with { Seed = seed })?.Accuracy;

    private string RunsFolder => Path.Combine(_folder, Scale.Name);

    private ImageSetFolder ImageSet(double guidance) => new(Path.Combine(_folder, "image-sets"), new ImageSetRecipe
    {
        Captions = [.. _captions.Captions.Select(caption => caption.Text)],
        ImagesPerPrompt = Plan.ImageSets().First(set => set.Guidance == guidance).ImagesPerPrompt,
        Settings = Scale.Generation with { GuidanceScale = guidance, Seed = CaptionSeed },
        GeneratorHash = _generator.Hash,
    });

    private ExperimentCell Experiment(StudyCell cell) => new()
    {
        Name = cell.Name,
        Recipe = Plan.Recipe(cell, SetCount(cell)),
        IsRandom = cell.Method == StudyCell.Random,
        ImagesKey = cell.Method == StudyCell.Random
            ? "none"
            : $"{(cell.Guidance is { } guidance ? Path.GetFileName(ImageSet(guidance).Folder) : $"real {Scale.Captions} {SceneRules.Version}")} first {cell.ImagesPerPrompt}",
        Probes = Probes(cell.Seed),
    };

    private int SetCount(StudyCell cell) => IsLabelled(cell) ? _captions.Captions.Count(caption => caption.Class is not null) : Scale.Captions;

    private IPositiveSetSource Images(StudyCell cell, IRunObserver observer, CancellationToken cancellation)
    {
        IPositiveSetSource source = cell.Guidance is { } guidance
            ? new FirstImages(ImageSet(guidance).Make(_generator.Generate, observer, cancellation), cell.ImagesPerPrompt)
            : new RealSceneSet(_captions, cell.ImagesPerPrompt, CaptionSeed);
        return IsLabelled(cell) ? new LabelledSets(source, [.. _captions.Captions.Select(caption => (int?)caption.Class)]) : source;
    }

    private ProbeSuiteOptions Probes(int seed) => new()
    {
        Linear = new LinearProbeOptions { Epochs = Scale.ProbeEpochs, BatchSize = 256, CurveEvery = 10, Seed = seed },
        Neighbours = 20,
    };

    private static bool IsLabelled(StudyCell cell) => cell.Method == "supervised";
}

/// <summary>How far a study is.</summary>
/// <param name="Cells">Training runs and probes in all.</param>
/// <param name="CellsLeft">Those that are not done.</param>
/// <param name="Images">Images to generate in all.</param>
/// <param name="ImagesLeft">Those that are not there.</param>
public sealed record StudyProgress(int Cells, int CellsLeft, long Images, long ImagesLeft);

/// <summary>A machine's pace.</summary>
/// <param name="ImagesPerSecond">Images generated a second, with guidance.</param>
/// <param name="StepsPerSecond">Training steps a second.</param>
/// <param name="Probe">The time of one cell's probes.</param>
public sealed record StudyPace(double ImagesPerSecond, double StepsPerSecond, TimeSpan Probe);
