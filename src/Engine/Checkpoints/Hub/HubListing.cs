using System.Text.Json;

namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>What a repository holds at a revision.</summary>
/// <param name="Commit">The commit that the revision stands for, where the hub says it.</param>
/// <param name="Files">Every file.</param>
public sealed record HubListing(string? Commit, IReadOnlyList<HubFile> Files)
{
    private const int MaxPathLength = 500;

    /// <summary>Reads a hub's answer to <c>/api/models/{repo}</c>.</summary>
    /// <exception cref="HubException">The answer is not such a listing, or a file's path leads out of the repository's folder.</exception>
    internal static HubListing Parse(JsonElement root, string source)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("siblings", out var siblings) || siblings.ValueKind != JsonValueKind.Array)
        {
            throw new HubException($"{source}: the answer has no list of files ('siblings'): this is not a model hub, or not one of its repositories.");
        }

        var files = siblings.EnumerateArray().Select(sibling => ParseFile(sibling, source)).ToList();
        var repeated = files.GroupBy(file => file.Path).FirstOrDefault(group => group.Count() > 1);
        return repeated is null
            ? new HubListing(Text(root, "sha"), files)
            : throw new HubException($"{source}: the hub lists '{repeated.Key}' twice.");
    }

    private static HubFile ParseFile(JsonElement sibling, string source)
    {
        var path = sibling.ValueKind == JsonValueKind.Object ? Text(sibling, "rfilename") : null;
        if (path is null || !IsSafe(path))
        {
            throw new HubException($"{source}: the hub lists a file '{path}', which is not a path within the repository's folder. Nothing was fetched.");
        }

        if (!sibling.TryGetProperty("lfs", out var lfs) || lfs.ValueKind != JsonValueKind.Object)
        {
            return new HubFile(path, Number(sibling, "size"), null);
        }

        var sha256 = (Text(lfs, "sha256") ?? Text(lfs, "oid"))?.ToLowerInvariant();
        return sha256 is null || (sha256.Length == 64 && sha256.All(char.IsAsciiHexDigit))
            ? new HubFile(path, Number(lfs, "size") ?? Number(sibling, "size"), sha256)
            : throw new HubException($"{source}: the hub gives '{sha256}' as the SHA-256 of '{path}', which is none.");
    }

    private static bool IsSafe(string path) =>
        path.Length is > 0 and <= MaxPathLength
        && !path.Any(character => char.IsControl(character) || character is '\\' or ':')
        && path.Split('/').All(part => part.Length is > 0 and <= 255 && part is not ("." or ".."));

    private static string? Text(JsonElement parent, string key) =>
        parent.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement parent, string key) =>
        parent.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : null;
}

/// <summary>One file of a repository.</summary>
/// <param name="Path">Its path within the repository, with '/' between the parts.</param>
/// <param name="Size">Its size in bytes, where the hub says it.</param>
/// <param name="Sha256">The SHA-256 of its content in lower-case hexadecimal, where the hub says it: for large files.</param>
public sealed record HubFile(string Path, long? Size, string? Sha256);
