using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;

namespace StableRep.Api.CaptionSets;

/// <summary>The folders of the server from which files may be taken.</summary>
public sealed class ImportFolders(IOptions<StudioOptions> options)
{
    /// <summary>A file's real path.</summary>
    /// <param name="path">An absolute path.</param>
    /// <exception cref="InputException">It lies under none of <c>Studio:ImportRoots</c>, also by way of links, or is not there.</exception>
    public string Find(string path)
    {
        // Whether a file outside is there or not is nobody's business: one answer for both.
        var refusal = new InputException("path", "The path must be that of a file under one of the server's Studio:ImportRoots.");
        if (path.Contains('\0', StringComparison.Ordinal) || path.Length > 4000 || !Path.IsPathFullyQualified(path))
        {
            throw refusal;
        }

        var asked = Path.GetFullPath(path);
        if (!File.Exists(asked))
        {
            throw refusal;
        }

        var real = Real(asked);
        return options.Value.ImportRoots.Any(root => real.StartsWith(Real(Path.GetFullPath(root)) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ? real
            : throw refusal;
    }

    /// <summary>The path with each link followed.</summary>
    private static string Real(string path)
    {
        var real = Path.GetPathRoot(path)!;
        foreach (var part in path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(real) ? new DirectoryInfo(real) : new FileInfo(real);
            real = info.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? real;
        }

        return real;
    }
}
