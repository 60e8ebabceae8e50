namespace StableRep.Data.Experiments;

/// <summary>An event that has no sequence number yet.</summary>
/// <param name="Kind">What happened: <c>state</c>, <c>progress</c>, <c>images</c>, <c>metrics</c>, <c>probe</c>, <c>environment</c>, <c>log</c>.</param>
/// <param name="Payload">The event's facts, as JSON.</param>
public readonly record struct NewEvent(string Kind, string Payload);
