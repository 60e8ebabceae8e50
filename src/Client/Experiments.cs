using System.Text.Json;

namespace StableRep.Client;

/// <summary>What is chosen of an experiment.</summary>
public sealed record NewExperiment
{
    /// <summary>What to call it.</summary>
    public required string Name { get; init; }

    /// <summary>The images to train on.</summary>
    public required ImageSetSettings Images { get; init; }

    /// <summary>How to train: a recipe as the studio writes it; <c>method</c> is required.</summary>
    public required JsonElement Recipe { get; init; }

    /// <summary>The probes to run once it is trained.</summary>
    public IReadOnlyList<NewProbe> Probes { get; init; } = [];

    /// <summary>Whose turn comes first, from -10 to 10.</summary>
    public int Priority { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What is noted about it.</summary>
    public string Notes { get; init; } = "";
}

/// <summary>What is chosen of an image set.</summary>
public sealed record ImageSetSettings
{
    /// <summary>The caption set.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>The guidance scale; 1 is none.</summary>
    public double GuidanceScale { get; init; } = 7.5;

    /// <summary>Images of each caption.</summary>
    public int ImagesPerPrompt { get; init; } = 4;

    /// <summary>The sampler, or null for the generator's own.</summary>
    public string? Sampler { get; init; }

    /// <summary>Denoising steps.</summary>
    public int Steps { get; init; } = 25;

    /// <summary>The seed of the noise.</summary>
    public long Seed { get; init; }

    /// <summary>What the images should not show.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>The guidance rescale factor, from 0 to 1.</summary>
    public double GuidanceRescale { get; init; }

    /// <summary>Only the first captions of the set, or null for all.</summary>
    public int? CaptionCount { get; init; }
}

/// <summary>A probe to run.</summary>
/// <param name="Kind"><c>linear</c>, <c>knn</c>, <c>few_shot</c> or another of the studio's kinds.</param>
/// <param name="Dataset">The probe dataset's name.</param>
public sealed record NewProbe(string Kind, string Dataset);

/// <summary>An experiment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="OwnerId">Who made it, or null.</param>
/// <param name="State"><c>draft</c>, <c>queued</c>, <c>generating</c>, <c>training</c>, <c>probing</c>, <c>paused</c>, <c>cancelled</c>, <c>failed</c> or <c>done</c>.</param>
/// <param name="StateReason">Why it failed or was stopped, or null.</param>
/// <param name="ImageSetId">The images that it trains on.</param>
/// <param name="Recipe">How it trains.</param>
/// <param name="Priority">Whose turn comes first.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Notes">What is noted about it.</param>
/// <param name="HasEncoder">Whether its encoder can be downloaded.</param>
/// <param name="LastSequence">The number of its last event.</param>
/// <param name="Probes">Its probes.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="FinishedAt">When it was over, or null.</param>
public sealed record Experiment(
    Guid Id, string Name, Guid? OwnerId, string State, string? StateReason, Guid ImageSetId, JsonElement Recipe, int Priority, IReadOnlyList<string> Tags, string Notes,
    bool HasEncoder, long LastSequence, IReadOnlyList<Probe> Probes, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>The version that an edit builds on, where the experiment was read by itself.</summary>
    public string? ETag { get; init; }

    /// <summary>Whether no worker is, or will soon be, at work on it.</summary>
    public bool IsOver => IsOverIn(State);

    internal static bool IsOverIn(string state) => state is "done" or "failed" or "cancelled";
}

/// <summary>An experiment as lists show it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Owner">The name of who made it.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Method">The training method.</param>
/// <param name="ImageSetId">The image set.</param>
/// <param name="CaptionSet">The caption set's name.</param>
/// <param name="Generator">The generator's name.</param>
/// <param name="GuidanceScale">The guidance scale.</param>
/// <param name="ImagesPerPrompt">Images per prompt.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="LinearAccuracy">The best accuracy of its linear probes, or null.</param>
/// <param name="KnnAccuracy">The best accuracy of its k-NN probes, or null.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record ExperimentSummary(
    Guid Id, string Name, string Owner, string State, string Method, Guid ImageSetId, string CaptionSet, string Generator, double GuidanceScale, int ImagesPerPrompt,
    IReadOnlyList<string> Tags, double? LinearAccuracy, double? KnnAccuracy, DateTimeOffset CreatedAt);

/// <summary>What an experiment takes.</summary>
/// <param name="Images">Images of its image set.</param>
/// <param name="MissingImages">Those that are not generated yet.</param>
/// <param name="MissingShards">The shards in which they are generated.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="GenerationSeconds">The estimated time of generation, or null before there is a measurement.</param>
/// <param name="TrainingSeconds">The estimated time of training, likewise.</param>
/// <param name="DiskBytes">The space that it will take.</param>
/// <param name="FreeBytes">The space that there is.</param>
/// <param name="Refusal">Why it cannot be launched, or null.</param>
public sealed record ExperimentPlan(
    long Images, long MissingImages, int MissingShards, long Steps, double? GenerationSeconds, double? TrainingSeconds, long DiskBytes, long FreeBytes, string? Refusal);

/// <summary>A change of an experiment's labels; what is null stays.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Notes">What is noted about it.</param>
/// <param name="Tags">Words to find it by.</param>
/// <param name="Priority">Whose turn comes first.</param>
public sealed record ExperimentEdit(string? Name = null, string? Notes = null, IReadOnlyList<string>? Tags = null, int? Priority = null);

/// <summary>A probe of an experiment.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">How the encoder is evaluated.</param>
/// <param name="Dataset">The probe dataset's name.</param>
/// <param name="State"><c>pending</c>, <c>running</c>, <c>done</c> or <c>failed</c>.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Accuracy">Top-1 accuracy from 0 to 1, once it is done.</param>
public sealed record Probe(Guid Id, string Kind, string Dataset, string State, string? Failure, double? Accuracy);

/// <summary>A probe with its whole result.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Result">Per-class table and confusion matrix, or null before it is done.</param>
public sealed record ProbeResult(Probe Probe, JsonElement? Result);

/// <summary>An event of an experiment.</summary>
/// <param name="Sequence">Its number, from 1 and without gaps.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Payload">Its facts.</param>
/// <param name="At">When it was written down.</param>
public sealed record ExperimentEvent(long Sequence, string Kind, JsonElement Payload, DateTimeOffset At);

/// <summary>A curve, downsampled.</summary>
/// <param name="Series">The series' name.</param>
/// <param name="Points">The points behind the buckets.</param>
/// <param name="Buckets">The buckets in order.</param>
public sealed record Curve(string Series, long Points, IReadOnlyList<Bucket> Buckets);

/// <summary>Neighbouring points of a curve.</summary>
/// <param name="FirstStep">The first point's step.</param>
/// <param name="LastStep">The last point's step.</param>
/// <param name="Minimum">The smallest value, or null where it is no finite number.</param>
/// <param name="Maximum">The largest value, likewise.</param>
/// <param name="Last">The last point's value, likewise.</param>
/// <param name="Count">The number of points.</param>
public sealed record Bucket(long FirstStep, long LastStep, double? Minimum, double? Maximum, double? Last, long Count);

/// <summary>A point of a curve.</summary>
/// <param name="Step">The optimizer step.</param>
/// <param name="Value">The value, or null where it is no finite number.</param>
/// <param name="At">When it was measured.</param>
public sealed record MetricPoint(long Step, double? Value, DateTimeOffset At);

/// <summary>A file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its bytes.</param>
public sealed record StoredFile(string Name, long Bytes);

/// <summary>A probe dataset.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsBuiltIn">Whether the studio draws it itself.</param>
/// <param name="Classes">The class names.</param>
/// <param name="TrainCount">Images of the train split.</param>
/// <param name="TestCount">Images of the test split.</param>
/// <param name="Failure">Why it cannot be used, or null.</param>
public sealed record ProbeDataset(string Name, bool IsBuiltIn, IReadOnlyList<string> Classes, int TrainCount, int TestCount, string? Failure);
