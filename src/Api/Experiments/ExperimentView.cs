using System.Text.Json;
using StableRep.Api.Probes;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;

namespace StableRep.Api.Experiments;

/// <summary>An experiment in full.</summary>
public sealed record ExperimentView
{
    /// <summary>The experiment's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who made it, or null when that account is gone.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>Where it stands.</summary>
    public required ExperimentState State { get; init; }

    /// <summary>Why it failed or was stopped, or null.</summary>
    public string? StateReason { get; init; }

    /// <summary>The images that it trains on.</summary>
    public required Guid ImageSetId { get; init; }

    /// <summary>The caption set of its images.</summary>
    public required Guid CaptionSetId { get; init; }

    /// <summary>The generator of its images.</summary>
    public required Guid GeneratorId { get; init; }

    /// <summary>The guidance scale of its images.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>Images per prompt.</summary>
    public required int ImagesPerPrompt { get; init; }

    /// <summary>The captions used.</summary>
    public required int CaptionCount { get; init; }

    /// <summary>How it trains: what a new experiment takes as its recipe.</summary>
    public required JsonElement Recipe { get; init; }

    /// <summary>Whose turn comes first, from -10 to 10.</summary>
    public required int Priority { get; init; }

    /// <summary>Words to find it by.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>What people noted about it.</summary>
    public required string Notes { get; init; }

    /// <summary>The experiment it was cloned from, or null.</summary>
    public Guid? ClonedFromId { get; init; }

    /// <summary>The sweep it belongs to, or null.</summary>
    public Guid? SweepId { get; init; }

    /// <summary>Where its training stands.</summary>
    public required WorkState TrainingState { get; init; }

    /// <summary>Why its training failed, or null.</summary>
    public string? TrainingFailure { get; init; }

    /// <summary>Whether its encoder can be downloaded.</summary>
    public required bool HasEncoder { get; init; }

    /// <summary>The number of its last event.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Its probes.</summary>
    public required IReadOnlyList<ProbeView> Probes { get; init; }

    /// <summary>Where and with what its images, its training and its probes were computed, in the order of time.</summary>
    public required IReadOnlyList<RunEnvironment> Environments { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was first launched, or null.</summary>
    public DateTimeOffset? LaunchedAt { get; init; }

    /// <summary>When it was over, or null.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    internal static ExperimentView Of(Experiment experiment, IReadOnlyList<RunEnvironment> environments)
    {
        var images = experiment.ImageSet!;
        return new ExperimentView
        {
            Id = experiment.Id,
            Name = experiment.Name,
            OwnerId = experiment.OwnerId,
            State = experiment.State,
            StateReason = experiment.StateReason,
            ImageSetId = experiment.ImageSetId,
            CaptionSetId = images.CaptionSetId,
            GeneratorId = images.GeneratorId,
            GuidanceScale = images.GuidanceScale,
            ImagesPerPrompt = images.ImagesPerPrompt,
            CaptionCount = images.CaptionCount,
            Recipe = JsonSerializer.SerializeToElement(TrainingRecipe.Parse(experiment.Recipe), TrainingRecipe.Json),
            Priority = experiment.Priority,
            Tags = experiment.Tags,
            Notes = experiment.Notes,
            ClonedFromId = experiment.ClonedFromId,
            SweepId = experiment.SweepId,
            TrainingState = experiment.TrainingState,
            TrainingFailure = experiment.TrainingFailure,
            HasEncoder = experiment.EncoderKey is not null,
            LastSequence = experiment.LastSequence,
            Probes = [.. experiment.Probes.OrderBy(probe => probe.Id).Select(ProbeView.Of)],
            Environments = environments,
            CreatedAt = experiment.CreatedAt,
            LaunchedAt = experiment.LaunchedAt,
            FinishedAt = experiment.FinishedAt,
        };
    }
}
