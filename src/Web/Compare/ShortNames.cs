namespace StableRep.Web.Compare;

/// <summary>Names side by side without what they all begin with.</summary>
internal static class ShortNames
{
    private const string Divider = " · ";

    /// <summary>The names without the parts, up to the last divider, that all of them share.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> names)
    {
        if (names.Count < 2)
        {
            return names;
        }

        var parts = names.Select(name => name.Split(Divider)).ToList();
        var shared = 0;
        while (parts.All(name => name.Length > shared + 1) && parts.Select(name => name[shared]).Distinct().Count() == 1)
        {
            shared++;
        }

        return [.. parts.Select(name => string.Join(Divider, name.Skip(shared)))];
    }
}
