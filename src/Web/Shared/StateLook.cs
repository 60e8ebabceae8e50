using StableRep.Data;
using StableRep.Data.Experiments;

namespace StableRep.Web.Shared;

/// <summary>How a state is shown.</summary>
/// <param name="Text">The word.</param>
/// <param name="Tone">The colour's name: <c>idle</c>, <c>wait</c>, <c>work</c>, <c>hold</c>, <c>bad</c> or <c>good</c>.</param>
/// <param name="IsLive">Whether something is happening right now.</param>
public readonly record struct StateLook(string Text, string Tone, bool IsLive)
{
    /// <summary>The look of an experiment's or a unit of work's state.</summary>
    public static StateLook Of(Enum state) => state switch
    {
        ExperimentState.Draft => new("Draft", "idle", false),
        ExperimentState.Queued => new("Queued", "wait", false),
        ExperimentState.Generating => new("Generating", "work", true),
        ExperimentState.Training => new("Training", "work", true),
        ExperimentState.Probing => new("Probing", "work", true),
        ExperimentState.Paused => new("Paused", "hold", false),
        ExperimentState.Cancelled => new("Cancelled", "idle", false),
        ExperimentState.Failed or WorkState.Failed => new("Failed", "bad", false),
        ExperimentState.Done or WorkState.Done => new("Done", "good", false),
        WorkState.Pending => new("Waiting", "wait", false),
        WorkState.Running => new("Running", "work", true),
        _ => new(state.ToString(), "idle", false),
    };
}
