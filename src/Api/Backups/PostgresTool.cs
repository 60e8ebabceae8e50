using System.Diagnostics;
using System.Globalization;
using Npgsql;
using StableRep.Data.Hosting;

namespace StableRep.Api.Backups;

/// <summary>Runs PostgreSQL's own client programs on a database.</summary>
/// <param name="programs">Where they are.</param>
/// <param name="connectionString">The database.</param>
internal sealed class PostgresTool(PostgresPrograms programs, string connectionString)
{
    /// <summary>Runs a program; the way to the database goes by the environment, since a command line is visible to every user.</summary>
    /// <exception cref="BackupException">It fails; the message has what it said.</exception>
    public async Task RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(programs[program], arguments) { RedirectStandardError = true };
        foreach (var (name, value) in Environment())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new BackupException($"{program} does not start.");
        try
        {
            var said = await process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new BackupException($"{program} failed: {said.Trim()}");
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private Dictionary<string, string> Environment()
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        var values = new Dictionary<string, string>
        {
            ["PGHOST"] = builder.Host ?? "localhost",
            ["PGPORT"] = builder.Port.ToString(CultureInfo.InvariantCulture),
            ["PGUSER"] = builder.Username ?? "postgres",
            ["PGDATABASE"] = builder.Database ?? builder.Username ?? "postgres",
            ["PGSSLMODE"] = builder.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                var mode => mode.ToString().ToLowerInvariant(),
            },
        };
        if (builder.Password is { } password)
        {
            values["PGPASSWORD"] = password;
        }

        if (builder.RootCertificate is { } certificate)
        {
            values["PGSSLROOTCERT"] = certificate;
        }

        return values;
    }
}
