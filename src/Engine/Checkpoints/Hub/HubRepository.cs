using System.Text.RegularExpressions;

namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>A repository on a hub.</summary>
/// <param name="Id"><c>OWNER/NAME</c>, or <c>NAME</c> alone.</param>
/// <param name="Revision">A branch, tag or commit.</param>
/// <param name="BaseAddress">The hub that the repository's own address named; null for the configured one.</param>
public sealed partial record HubRepository(string Id, string Revision, Uri? BaseAddress)
{
    private const string DefaultRevision = "main";

    /// <summary>The name without its owner.</summary>
    public string Name => Id[(Id.LastIndexOf('/') + 1)..];

    /// <summary>
    /// Reads <c>OWNER/NAME</c>, or the address of a repository's page: <c>https://HOST/OWNER/NAME</c>, also with <c>/tree/REVISION</c>.
    /// </summary>
    /// <param name="text">What a user wrote.</param>
    /// <param name="revision">A revision that goes before the address's; null for the address's or <c>main</c>.</param>
    /// <exception cref="FormatException">The text is neither.</exception>
    public static HubRepository Parse(string text, string? revision = null)
    {
        Uri? baseAddress = null;
        var path = text.Trim();
        if (path.Contains("://", StringComparison.Ordinal))
        {
            if (!Uri.TryCreate(path, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http") || address.UserInfo.Length > 0)
            {
                throw new FormatException($"'{text}' is not an address of a repository: write https://HOST/OWNER/NAME.");
            }

            baseAddress = new Uri(address.GetLeftPart(UriPartial.Authority) + "/");
            path = Uri.UnescapeDataString(address.AbsolutePath).Trim('/');
        }

        var parts = path.Split('/');
        var mark = Array.FindIndex(parts, part => part is "tree" or "resolve" or "blob");
        if (baseAddress is not null && mark > 0 && mark + 1 < parts.Length)
        {
            revision ??= parts[mark + 1];
            parts = parts[..mark];
        }

        if (parts.Length > 2 || parts.Any(part => !Part().IsMatch(part) || part.Contains("..", StringComparison.Ordinal)))
        {
            throw new FormatException($"'{text}' is not a repository: write OWNER/NAME or https://HOST/OWNER/NAME.");
        }

        revision ??= DefaultRevision;
        if (revision.Length is 0 or > 200 || revision.Any(char.IsControl) || revision.Contains("..", StringComparison.Ordinal))
        {
            throw new FormatException($"'{revision}' is not a revision: write a branch, a tag or a commit.");
        }

        return new HubRepository(string.Join('/', parts), revision, baseAddress);
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$")]
    private static partial Regex Part();
}
