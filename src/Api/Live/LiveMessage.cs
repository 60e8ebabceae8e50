using StableRep.Data.Experiments;

namespace StableRep.Api.Live;

/// <summary>One message of the hub's stream: first a snapshot, then the events, a batch a message and at most ten messages a second.</summary>
/// <param name="Events">The events that follow, in order.</param>
/// <param name="Snapshot">Where the experiment stands; in the first message only.</param>
public sealed record LiveMessage(IReadOnlyList<LiveEvent> Events, ExperimentSnapshot? Snapshot = null);

/// <summary>One event of an experiment.</summary>
/// <param name="Sequence">Its number: greater than those before, and what to subscribe from after a break.</param>
/// <param name="Kind">What happened: <c>state</c>, <c>progress</c>, <c>images</c>, <c>metrics</c>, <c>probe</c>, <c>environment</c>, <c>log</c>.</param>
/// <param name="At">When it was committed.</param>
/// <param name="Data">Its facts.</param>
public sealed record LiveEvent(long Sequence, string Kind, DateTimeOffset At, RawJson Data)
{
    internal static LiveEvent Of(ExperimentEvent entry) => new(entry.Sequence, entry.Kind, entry.At, new RawJson(entry.Payload));
}
