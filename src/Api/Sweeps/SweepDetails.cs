using System.Text.Json.Serialization;
using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Sweeps;

/// <summary>A sweep in a list.</summary>
/// <param name="Id">The sweep's id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="OwnerId">Who made it, or null when that account is gone.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Axes">What varies.</param>
/// <param name="States">How many of its experiments are in which state.</param>
public sealed record SweepSummary(
    Guid Id, string Name, Guid? OwnerId, DateTimeOffset CreatedAt, IReadOnlyList<SweepAxisValues> Axes, IReadOnlyDictionary<ExperimentState, int> States)
{
    /// <summary>Its experiments.</summary>
    public int Experiments => States.Values.Sum();

    /// <summary>Those that are done.</summary>
    public int Done => States.GetValueOrDefault(ExperimentState.Done);

    /// <summary>Whether a worker is, or should soon be, at work on it.</summary>
    public bool IsActive => States.Any(pair => pair.Key.IsActive() && pair.Value > 0);
}

/// <summary>A sweep with its progress and results.</summary>
/// <param name="Id">The sweep's id.</param>
/// <param name="Name">What people call it.</param>
/// <param name="OwnerId">Who made it, or null when that account is gone.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Definition">What was asked for.</param>
/// <param name="Axes">The axes with their values.</param>
/// <param name="Cells">The cells, the last axis running fastest.</param>
public sealed record SweepDetails(
    Guid Id, string Name, Guid? OwnerId, DateTimeOffset CreatedAt, NewSweep Definition, IReadOnlyList<SweepAxisValues> Axes, IReadOnlyList<SweepCell> Cells)
{
    /// <summary>The experiments that are there, each once.</summary>
    public IReadOnlyList<SweepCell> Experiments { get; } = [.. Cells.Where(cell => cell.State is not null).DistinctBy(cell => cell.ExperimentId)];

    /// <summary>The share of the work that is done, from 0 to 1, all experiments alike.</summary>
    public double Progress => Experiments.Count == 0 ? 0 : Experiments.Average(cell => cell.Progress);

    /// <summary>Whether a worker is, or should soon be, at work on it.</summary>
    public bool IsActive => Experiments.Any(cell => cell.State!.Value.IsActive());

    /// <summary>The probes whose accuracies can be compared, in order of kind and dataset. JSON has them with each experiment, and tuples without their names.</summary>
    [JsonIgnore]
    public IReadOnlyList<(ProbeKind Kind, string Dataset)> Probes =>
        [.. Experiments.SelectMany(cell => cell.Probes).Select(probe => (probe.Kind, probe.Dataset)).Distinct().Order()];
}

/// <summary>One cell of a sweep.</summary>
/// <param name="Coordinates">The value of each axis, by its name.</param>
/// <param name="ExperimentId">Its experiment.</param>
/// <param name="State">Where the experiment stands, or null when it was deleted.</param>
/// <param name="StateReason">Why it failed or was stopped, or null.</param>
/// <param name="Progress">The share of its work that is done, from 0 to 1.</param>
/// <param name="Probes">Its probes.</param>
public sealed record SweepCell(
    IReadOnlyDictionary<string, string> Coordinates,
    Guid ExperimentId,
    ExperimentState? State,
    string? StateReason,
    double Progress,
    IReadOnlyList<SweepProbe> Probes);

/// <summary>A probe of a cell.</summary>
/// <param name="Kind">How the encoder is evaluated.</param>
/// <param name="Dataset">The probe dataset's name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Accuracy">Top-1 accuracy from 0 to 1, once it is done.</param>
public sealed record SweepProbe(ProbeKind Kind, string Dataset, WorkState State, double? Accuracy);
