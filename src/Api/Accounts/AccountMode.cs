namespace StableRep.Api.Accounts;

/// <summary>Whether people log in.</summary>
public enum AccountMode
{
    /// <summary>One person at one machine: nobody logs in, and only this machine is answered.</summary>
    Single,

    /// <summary>People log in.</summary>
    Team,
}
