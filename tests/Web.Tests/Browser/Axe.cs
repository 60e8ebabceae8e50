using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Microsoft.Playwright;

namespace StableRep.Web.Tests.Browser;

/// <summary>
/// The accessibility checker axe-core (MPL-2.0), fetched from npm's registry into the user's cache at its first use: it is a tool of the tests
/// and no part of the product.
/// </summary>
internal static class Axe
{
    private const string Version = "4.14.1";
    private static readonly SemaphoreSlim Fetching = new(1);

    /// <summary>The serious and critical findings on a page, one line each.</summary>
    public static async Task<IReadOnlyList<string>> FindingsAsync(IPage page, CancellationToken cancellationToken)
    {
        await page.EvaluateAsync(await SourceAsync(cancellationToken));
        var json = await page.EvaluateAsync<string>(
            """
            async () => {
              const result = await axe.run(document, { resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
              return JSON.stringify(result.violations.filter(v => ["serious", "critical"].includes(v.impact)).flatMap(v =>
                v.nodes.map(n => `${v.id}: ${v.help}: ${n.html.slice(0, 200)} ${(n.any[0] ?? n.all[0] ?? n.none[0])?.message ?? ""}`)));
            }
            """);
        return JsonSerializer.Deserialize<List<string>>(json)!;
    }

    private static async Task<string> SourceAsync(CancellationToken cancellationToken)
    {
        var folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "stablerep-tests");
        var path = Path.Combine(folder, $"axe-core-{Version}.min.js");
        await Fetching.WaitAsync(cancellationToken);
        try
        {
            if (!File.Exists(path))
            {
                Directory.CreateDirectory(folder);
                await FetchAsync(folder, path, cancellationToken);
            }

            return await File.ReadAllTextAsync(path, cancellationToken);
        }
        finally
        {
            Fetching.Release();
        }
    }

    private static async Task FetchAsync(string folder, string path, CancellationToken cancellationToken)
    {
        using var npm = Process.Start(new ProcessStartInfo("npm", ["pack", $"axe-core@{Version}", "--silent", "--pack-destination", folder]) { RedirectStandardOutput = true })!;
        await npm.WaitForExitAsync(cancellationToken);
        Assert.True(npm.ExitCode == 0, "npm could not fetch axe-core: it needs npm and its registry once.");
        var package = Path.Combine(folder, $"axe-core-{Version}.tgz");
        await using (var file = File.OpenRead(package))
        await using (var gzip = new GZipStream(file, CompressionMode.Decompress))
        await using (var tar = new TarReader(gzip))
        {
            while (await tar.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry)
            {
                if (entry.Name == "package/axe.min.js")
                {
                    await entry.ExtractToFileAsync(path + ".part", overwrite: true, cancellationToken);
                }
            }
        }

        File.Move(path + ".part", path, overwrite: true);
        File.Delete(package);
    }
}
