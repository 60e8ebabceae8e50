using System.Text.Json;

namespace StableRep.Data.Accounts;

/// <summary>What a person may do. Each role includes those before it.</summary>
public enum StudioRole
{
    /// <summary>Reads everything.</summary>
    Viewer,

    /// <summary>Makes, runs and reviews.</summary>
    Researcher,

    /// <summary>Looks after people, jobs and storage.</summary>
    Admin,
}

/// <summary>How roles are written.</summary>
public static class StudioRoles
{
    /// <summary>A role's name: <c>viewer</c>, <c>researcher</c>, <c>admin</c>.</summary>
    public static string Name(this StudioRole role) => JsonNamingPolicy.SnakeCaseLower.ConvertName(role.ToString());

    /// <summary>The row of a role, the same in every store.</summary>
    public static Guid RowId(this StudioRole role) => new($"00000000-0000-4000-8000-00000000010{(int)role}");

    /// <summary>The role of a row of the store, or null for another row.</summary>
    public static StudioRole? OfRow(Guid id) => Enum.GetValues<StudioRole>().Cast<StudioRole?>().FirstOrDefault(role => role!.Value.RowId() == id);
}
