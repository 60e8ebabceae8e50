using System.Globalization;
using System.Text;
using System.Text.Json;

namespace StableRep.Api.Configuration;

/// <summary>The reference of every key, as Markdown: <c>docs/configuration.md</c>.</summary>
internal static class ConfigurationReference
{
    private const string Introduction =
        """
        # Configuration

        Every key of the studio, written by `studio configuration` from the classes that read them; do not edit by hand
        (`./studio configuration > docs/configuration.md`).

        A value is taken from the last of these places that has it:

        1. the default in the tables below,
        2. `appsettings.json` beside the program (the one at the repository's root),
        3. the environment: the key with `__` for `:`, such as `Studio__Roles=worker`,
        4. the command line: `--Studio:Roles worker`.

        Secrets belong in the environment: a command line is visible to every user of the machine, and files are copied about.
        An unknown key in these sections or a wrong value stops the start. All problems are named at once, each with the key and what it may be:

        ```
        error: The configuration is wrong:
          Studio:Rolse is no key: did you mean Studio:Roles?
          Engine:Threads is 'many': it must be a whole number.
        ```

        """;

    private const string Rest =
        """
        ## ConnectionStrings

        | key | default | meaning |
        |---|---|---|
        | `ConnectionStrings:Studio` | `null` | The PostgreSQL database that all nodes share, such as `Host=db;Database=stablerep;Username=stablerep;Password=…`; `null` runs a private PostgreSQL cluster under the data folder. In the environment: `ConnectionStrings__Studio`. |

        ## ASP.NET Core's own keys

        | key | meaning |
        |---|---|
        | `Urls` (`ASPNETCORE_URLS`) | Where a web node listens, such as `http://127.0.0.1:5000`. |
        | `Logging:LogLevel:CATEGORY` | `Trace`, `Debug`, `Information`, `Warning`, `Error` or `None` for a category of log lines. |
        | `Logging:Console:FormatterName` | `simple`, `json` (one object a line, with scopes) or `systemd`. |
        | `Kestrel:…` | Certificates and limits of the web server, as ASP.NET Core documents them. |
        """;

    /// <summary>Writes the reference.</summary>
    public static string Write()
    {
        var text = new SettingsText(StudioSettings.Sections);
        var page = new StringBuilder(Introduction);
        foreach (var section in StudioSettings.Sections)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {section.Name}\n\n{text.Of(section)}\n\n| key | values | default | meaning |\n|---|---|---|---|\n");
            foreach (var key in section.Leaves)
            {
                page.Append(CultureInfo.InvariantCulture, $"| `{key.Name}` | {SettingsText.Values(key)} | {Default(key)} | {text.Of(key).Replace("|", "\\|", StringComparison.Ordinal)} |\n");
            }
        }

        return page.Append('\n').Append(Rest).Append('\n').ToString().ReplaceLineEndings("\n");
    }

    private static string Default(SettingsKey key) => $"`{JsonSerializer.Serialize(key.Default)}`";
}
