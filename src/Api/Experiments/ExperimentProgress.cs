using StableRep.Data;

namespace StableRep.Api.Experiments;

/// <summary>How far an experiment has come, stage by stage.</summary>
/// <param name="ExperimentId">The experiment.</param>
/// <param name="Stages">Generating, training and, where there are probes, probing.</param>
public sealed record ExperimentProgress(Guid ExperimentId, IReadOnlyList<StageProgress> Stages)
{
    /// <summary>The stage at which it is: the first that is not done, or null when all are.</summary>
    public StageProgress? Current => Stages.FirstOrDefault(stage => stage.State != WorkState.Done);
}

/// <summary>How far one stage has come.</summary>
/// <param name="Name"><c>generate</c>, <c>train</c> or <c>probe</c>.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">What is counted, in the plural.</param>
/// <param name="RemainingSeconds">The estimated time to its end, or null where there is no estimate.</param>
/// <param name="Detail">What goes on inside one unit, such as the epochs of a probe, or null.</param>
public sealed record StageProgress(
    string Name, WorkState State, double Done, long Total, string Unit, double? RemainingSeconds = null, string? Detail = null)
{
    /// <summary>The part that is done, from 0 to 1.</summary>
    public double Fraction => State == WorkState.Done ? 1 : Total == 0 ? 0 : Math.Clamp(Done / Total, 0, 1);
}
