using System.Text.RegularExpressions;

namespace StableRep.Data.Artifacts;

internal static partial class ArtifactKey
{
    /// <summary>Refuses a key that could leave the store's folder or differ between stores.</summary>
    /// <exception cref="ArgumentException">The key is not well-formed.</exception>
    public static string Check(string key) => key.Length <= 400 && WellFormed().IsMatch(key)
        ? key
        : throw new ArgumentException($"'{key}' is not an artifact key: write segments of a-z, 0-9, '.', '-' and '_', each beginning with a letter or digit, divided by '/'.", nameof(key));

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*\z")]
    private static partial Regex WellFormed();
}
