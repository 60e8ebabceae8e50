using StableRep.Data.Experiments;

namespace StableRep.Api.Experiments;

/// <summary>An experiment as lists show it.</summary>
public sealed record ExperimentSummary
{
    /// <summary>The experiment's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who made it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>The name of who made it; empty when that account is gone.</summary>
    public required string Owner { get; init; }

    /// <summary>Where it stands.</summary>
    public required ExperimentState State { get; init; }

    /// <summary>Why it failed or was stopped, or null.</summary>
    public string? StateReason { get; init; }

    /// <summary>The training method.</summary>
    public required string Method { get; init; }

    /// <summary>The encoder's shape by name.</summary>
    public required string Backbone { get; init; }

    /// <summary>The image set.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The captions.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The caption set's name.</summary>
    public required string CaptionSet { get; init; }

    /// <summary>The generator.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>The generator's name.</summary>
    public required string Generator { get; init; }

    /// <summary>The guidance scale.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>Images per prompt.</summary>
    public required int ImagesPerPrompt { get; init; }

    /// <summary>The captions used.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>Whose turn comes first, from -10 to 10.</summary>
    public required int Priority { get; init; }

    /// <summary>Words to find it by.</summary>
    public required string[] Tags { get; init; }

    /// <summary>The sweep it belongs to, or null.</summary>
    public Guid? SweepId { get; init; }

    /// <summary>The best accuracy of its finished linear probes, from 0 to 1, or null.</summary>
    public double? LinearAccuracy { get; init; }

    /// <summary>The best accuracy of its finished k-NN probes, from 0 to 1, or null.</summary>
    public double? KnnAccuracy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was first launched, or null.</summary>
    public DateTimeOffset? LaunchedAt { get; init; }

    /// <summary>When it was over, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}
