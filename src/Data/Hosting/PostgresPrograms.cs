using System.Diagnostics;
using System.Globalization;

namespace StableRep.Data.Hosting;

/// <summary>The folder of PostgreSQL's server programs (<c>initdb</c>, <c>pg_ctl</c>) and their major version.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Major">The major version, such as 15.</param>
public sealed record PostgresPrograms(string Folder, int Major)
{
    /// <summary>Finds the programs: the given folder, else the newest of the usual places and of PATH.</summary>
    /// <param name="folder">The folder set by the configuration key <c>Studio:PostgresPrograms</c>, or null.</param>
    /// <param name="major">The major version that an existing cluster needs, or null for the newest.</param>
    /// <exception cref="PostgresUnavailableException">There are none, or none of that version; the message says what to install or set.</exception>
    public static PostgresPrograms Find(string? folder = null, int? major = null)
    {
        var candidates = folder is null ? UsualFolders() : [folder];
        var found = candidates.Select(candidate => Read(candidate, "initdb", "pg_ctl")).OfType<PostgresPrograms>().OrderByDescending(programs => programs.Major).ToList();
        return found.FirstOrDefault(programs => major is null || programs.Major == major) ?? throw new PostgresUnavailableException(
            (folder, major) switch
            {
                (not null, _) => $"Studio:PostgresPrograms is '{folder}', which has no PostgreSQL {major?.ToString(CultureInfo.InvariantCulture)} server programs (initdb, pg_ctl).",
                (_, not null) => $"The private cluster was made by PostgreSQL {major}, whose server programs are not installed: run 'apt-get install postgresql-{major}' or move the cluster's folder away.",
                _ => "PostgreSQL's server programs (initdb, pg_ctl) are not installed: run 'apt-get install postgresql', or set ConnectionStrings:Studio to a database, or Studio:PostgresPrograms to their folder.",
            });
    }

    /// <summary>Finds PostgreSQL's client programs (<c>pg_dump</c>, <c>pg_restore</c>), the newest: a server's dump needs a client that is not older.</summary>
    /// <param name="folder">The folder set by the configuration, or null to look in the usual places and on PATH.</param>
    /// <exception cref="PostgresUnavailableException">There are none; the message says what to install.</exception>
    public static PostgresPrograms FindClient(string? folder = null) => (folder is null ? UsualFolders() : [folder])
        .Select(candidate => Read(candidate, "pg_dump", "pg_restore")).OfType<PostgresPrograms>().OrderByDescending(programs => programs.Major).FirstOrDefault()
        ?? throw new PostgresUnavailableException(
            "PostgreSQL's client programs (pg_dump, pg_restore) are not installed: run 'apt-get install postgresql-client', or set Studio:PostgresPrograms to their folder.");

    /// <summary>The full path of one program.</summary>
    public string this[string program] => Path.Combine(Folder, program);

    private static IEnumerable<string> UsualFolders()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] roots = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];
        var versioned = roots.Where(Directory.Exists).SelectMany(root => Directory.GetDirectories(root)).Select(version => Path.Combine(version, "bin"));
        string[] redHat = ["/usr/pgsql-18/bin", "/usr/pgsql-17/bin", "/usr/pgsql-16/bin", "/usr/pgsql-15/bin"];
        return [.. versioned, .. redHat, .. path];
    }

    private static PostgresPrograms? Read(string folder, string first, string second)
    {
        var program = Path.Combine(folder, first);
        if (!File.Exists(program) || !File.Exists(Path.Combine(folder, second)))
        {
            return null;
        }

        using var process = Process.Start(new ProcessStartInfo(program, "--version") { RedirectStandardOutput = true });
        var words = process?.StandardOutput.ReadToEnd().Split(' ', '\n') ?? [];
        process?.WaitForExit();
        var number = words.Select(word => word.Split('.')[0]).FirstOrDefault(word => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return number is null ? null : new PostgresPrograms(folder, int.Parse(number, CultureInfo.InvariantCulture));
    }
}
