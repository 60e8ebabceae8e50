namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>A hub refused, does not have what was asked for, or sent something else. The message names the address and the way out.</summary>
public class HubException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>What the hub sent is not what it had listed: nothing of it may be kept.</summary>
internal sealed class HubContentException(string message) : HubException(message);
