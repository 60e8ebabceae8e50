using StableRep.Data;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Live;

/// <summary>Where an experiment stands at one sequence number: what a watcher begins with.</summary>
public sealed record ExperimentSnapshot
{
    /// <summary>The experiment.</summary>
    public required Guid ExperimentId { get; init; }

    /// <summary>The number of the last event that is part of this.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    public required ExperimentState State { get; init; }

    /// <summary>Why it failed or was stopped.</summary>
    public string? StateReason { get; init; }

    /// <summary>The facts of its last progress event, if there is one.</summary>
    public RawJson? Progress { get; init; }

    /// <summary>The last point of each of its curves.</summary>
    public required IReadOnlyList<LastPoint> Metrics { get; init; }

    /// <summary>Its probes.</summary>
    public required IReadOnlyList<ProbeStanding> Probes { get; init; }

    /// <summary>The images of its image set that are there.</summary>
    public required long Images { get; init; }

    /// <summary>The images of its image set in all.</summary>
    public required long TotalImages { get; init; }
}

/// <summary>The last point of a curve.</summary>
/// <param name="Series">The series' name.</param>
/// <param name="Step">The optimizer step.</param>
/// <param name="Value">The value.</param>
public sealed record LastPoint(string Series, long Step, double Value);

/// <summary>Where a probe stands.</summary>
/// <param name="Id">The probe.</param>
/// <param name="Kind">How the encoder is evaluated.</param>
/// <param name="Dataset">The probe dataset's name.</param>
/// <param name="State">Where the work stands.</param>
/// <param name="Accuracy">Its accuracy, once it is done.</param>
/// <param name="Failure">Why it failed.</param>
public sealed record ProbeStanding(Guid Id, ProbeKind Kind, string Dataset, WorkState State, double? Accuracy = null, string? Failure = null);
