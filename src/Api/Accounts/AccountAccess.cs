namespace StableRep.Api.Accounts;

/// <summary>How this node lets people in.</summary>
/// <param name="Mode">Whether they log in.</param>
public sealed record AccountAccess(AccountMode Mode);
