using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>What tokens may do. A scope lets through what a role does, and never more than the owner's own.</summary>
public static class TokenScopes
{
    /// <summary>Each scope and the role that it stands for.</summary>
    public static IReadOnlyDictionary<string, StudioRole> All { get; } = new Dictionary<string, StudioRole>
    {
        ["read"] = StudioRole.Viewer,
        ["write"] = StudioRole.Researcher,
        ["admin"] = StudioRole.Admin,
    };

    /// <summary>The role with which a token acts for its owner, or null when it may do nothing.</summary>
    internal static StudioRole? RoleOf(IEnumerable<string> scopes, StudioRole owner)
    {
        var most = scopes.Where(All.ContainsKey).Select(scope => (StudioRole?)All[scope]).Max();
        return most < owner ? most : most is null ? null : owner;
    }
}
