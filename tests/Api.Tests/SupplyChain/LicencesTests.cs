using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using StableRep.Testing;

namespace StableRep.Api.Tests.SupplyChain;

/// <summary>Holds <c>docs/licences.md</c> against the packages of the lock files; <c>scripts/licences</c> lets the test write it.</summary>
public sealed class LicencesTests
{
    private const string Write = "STABLEREP_WRITE_LICENCES";

    private static readonly string[] Permissive = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "PostgreSQL", "MS-PL OR Apache-2.0", "MS-PL"];

    // Packages that state no SPDX expression, read by hand at the version that is locked.
    private static readonly Dictionary<string, string> Read = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Hangfire.AspNetCore"] = "LGPL-3.0-or-later",
        ["Hangfire.Core"] = "LGPL-3.0-or-later",
        ["Hangfire.NetCore"] = "LGPL-3.0-or-later",
        ["Hangfire.PostgreSql"] = "LGPL-3.0-only",
        ["K4os.Compression.LZ4"] = "MIT",
        ["libtorch-cpu-linux-x64"] = "BSD-3-Clause and the licences of what libtorch contains",
    };

    [Fact]
    public void The_list_of_licences_is_that_of_the_locked_packages()
    {
        var path = Repository.PathOf("docs", "licences.md");
        var page = Page();
        if (Environment.GetEnvironmentVariable(Write) is not null)
        {
            File.WriteAllText(path, page);
        }

        Assert.Equal(page, File.ReadAllText(path));
    }

    [Fact]
    public void No_package_of_the_product_has_a_licence_that_nobody_has_read()
    {
        var unknown = Packages().Select(package => (package.Id, Licence: Licence(package)))
            .Where(item => !Permissive.Contains(item.Licence) && !Read.ContainsKey(item.Id)).ToList();
        Assert.Empty(unknown);
    }

    private static string Page()
    {
        var page = new StringBuilder(
            """
            # Licences of the packages

            The studio itself is under the [MIT licence](../LICENSE). This is every package that it is built with or ships, from the lock files of `src`;
            `scripts/licences` writes this page from what the packages say of themselves, and a test compares the two.

            | package | version | licence | of |
            |---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var package in Packages())
        {
            page.Append("| ").Append(package.Id).Append(" | ").Append(package.Version).Append(" | ").Append(Licence(package)).Append(" | ").Append(Home(package)).Append(" |\n");
        }

        return page.ToString();
    }

    private static List<(string Id, string Version)> Packages()
    {
        var packages = new SortedSet<(string Id, string Version)>(Comparer<(string Id, string Version)>.Create(
            (one, other) => StringComparer.OrdinalIgnoreCase.Compare($"{one.Id} {one.Version}", $"{other.Id} {other.Version}")));
        foreach (var path in Directory.EnumerateFiles(Repository.PathOf("src"), "packages.lock.json", SearchOption.AllDirectories))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var package in document.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject()))
            {
                if (package.Value.TryGetProperty("resolved", out var version))
                {
                    packages.Add((package.Name, version.GetString()!));
                }
            }
        }

        return [.. packages];
    }

    private static string Licence((string Id, string Version) package)
    {
        if (Read.TryGetValue(package.Id, out var read))
        {
            return read;
        }

        var metadata = Metadata(package);
        var licence = Element(metadata, "license");
        return licence?.Attribute("type")?.Value == "expression"
            ? licence.Value
            : (Element(metadata, "licenseUrl")?.Value ?? "") switch
            {
                "https://licenses.nuget.org/MIT" => "MIT",
                "https://raw.github.com/JamesNK/Newtonsoft.Json/master/LICENSE.md" => "MIT",
                "http://aws.amazon.com/apache2.0/" or "https://www.apache.org/licenses/LICENSE-2.0" or "http://www.apache.org/licenses/LICENSE-2.0" => "Apache-2.0",
                var address => address,
            };
    }

    private static string Home((string Id, string Version) package) => Element(Metadata(package), "projectUrl")?.Value ?? "";

    private static XElement Metadata((string Id, string Version) package)
    {
        var (id, version) = (package.Id.ToLowerInvariant(), package.Version.ToLowerInvariant());
        var root = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var document = XDocument.Load(Path.Combine(root, id, version, id + ".nuspec"));
        return document.Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    private static XElement? Element(XElement parent, string name) => parent.Elements().FirstOrDefault(element => element.Name.LocalName == name);
}
