using StableRep.Data.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Experiments;

/// <summary>Several experiments side by side.</summary>
public sealed record Comparison
{
    /// <summary>The experiments, in the order asked for.</summary>
    public required IReadOnlyList<ComparedExperiment> Experiments { get; init; }

    /// <summary>The settings in which they differ, and only those.</summary>
    public required IReadOnlyList<SettingDifference> Differences { get; init; }

    /// <summary>The names of all their curves, in order.</summary>
    public required IReadOnlyList<string> Series { get; init; }

    /// <summary>The accuracies of all their probes.</summary>
    public required IReadOnlyList<ProbeComparison> Probes { get; init; }
}

/// <summary>One of the experiments.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ImageSetId">Its images.</param>
/// <param name="CaptionSetId">Their captions.</param>
/// <param name="Coordinates">Its settings by the names of a sweep's axes.</param>
/// <param name="Variant">What else sets it apart from experiments with the same coordinates; empty where nothing does.</param>
/// <param name="StepsPerEpoch">Optimizer steps of one epoch.</param>
/// <param name="StartedAt">When it was launched, or made where it was not.</param>
/// <param name="LastSequence">The number of its last event.</param>
public sealed record ComparedExperiment(
    Guid Id,
    string Name,
    ExperimentState State,
    Guid ImageSetId,
    Guid CaptionSetId,
    IReadOnlyDictionary<string, string> Coordinates,
    string Variant,
    double StepsPerEpoch,
    DateTimeOffset StartedAt,
    long LastSequence);

/// <summary>A setting in which experiments differ.</summary>
/// <param name="Name">The setting's path, such as <c>recipe.temperature</c>.</param>
/// <param name="Values">Its value in each experiment, in their order; null where it has none.</param>
public sealed record SettingDifference(string Name, IReadOnlyList<string?> Values);

/// <summary>One probe's accuracies.</summary>
/// <param name="Kind">How encoders were evaluated.</param>
/// <param name="Dataset">The probe dataset's name.</param>
/// <param name="Accuracies">The accuracy of each experiment, in their order; null where it is not done or was not asked for.</param>
/// <param name="Lines">The same by guidance scale, or by what else varies, with intervals over seeds.</param>
public sealed record ProbeComparison(ProbeKind Kind, string Dataset, IReadOnlyList<double?> Accuracies, AccuracyLines Lines);

/// <summary>A row of the matrix of captions and experiments.</summary>
/// <param name="CaptionIndex">The caption's index in the first experiment's set.</param>
/// <param name="Text">The caption.</param>
/// <param name="ImageIds">An image of it by each experiment, in their order; null where there is none yet.</param>
public sealed record MatrixRow(int CaptionIndex, string Text, IReadOnlyList<long?> ImageIds);
