using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace StableRep.Data.Hosting;

/// <summary>
/// A PostgreSQL server of our own under a folder, for a node without a connection string. It listens on a Unix socket in a folder of
/// mode 0700 and on no network address. A server that is already alive is reused; the last process that uses it stops it.
/// </summary>
/// <remarks>
/// PostgreSQL refuses to run as root. A root process runs the programs as the user <c>postgres</c>, which Debian's package creates;
/// where that user may not enter the folder (a home directory of mode 0700), the cluster lies under <c>/var/lib/postgresql</c> instead
/// and the folder's file <c>location</c> says so.
/// </remarks>
public sealed class PrivateCluster : IAsyncDisposable
{
    /// <summary>The database superuser's name and the default database's.</summary>
    public const string UserName = "stablerep";

    private const int LongestSocketPath = 90;
    private const string ServiceUser = "postgres";
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly PostgresPrograms _programs;
    private readonly string _cluster;
    private readonly string _socket;
    private readonly bool _sync;
    private FileStream? _use;

    private PrivateCluster(PostgresPrograms programs, string cluster, string socket, bool sync) =>
        (_programs, _cluster, _socket, _sync) = (programs, cluster, socket, sync);

    /// <summary>Creates the cluster under <paramref name="folder"/> when there is none, starts it when it is not running, and waits until it answers.</summary>
    /// <param name="folder">A folder of this cluster's own; created when missing.</param>
    /// <param name="programs">The folder of the server programs, or null to look for them.</param>
    /// <param name="durable">False only for tests: commits are not flushed to the disk.</param>
    /// <param name="cancellationToken">Stops waiting; the server is left as it is.</param>
    /// <exception cref="PostgresUnavailableException">The programs are missing, or the server does not start; the message has its log's end.</exception>
    public static async Task<PrivateCluster> StartAsync(
        string folder, string? programs = null, bool durable = true, CancellationToken cancellationToken = default)
    {
        var root = await RootAsync(Path.GetFullPath(folder), cancellationToken);
        var data = Path.Combine(root, "cluster");
        var versionFile = Path.Combine(data, "PG_VERSION");
        int? major = File.Exists(versionFile) ? int.Parse(await File.ReadAllTextAsync(versionFile, cancellationToken), CultureInfo.InvariantCulture) : null;
        var cluster = new PrivateCluster(PostgresPrograms.Find(programs, major), data, SocketFolder(root), durable);
        await using (await ExclusiveAsync(Path.Combine(root, "start.lock"), cancellationToken))
        {
            if (major is null && !File.Exists(versionFile))
            {
                await cluster.CreateAsync(root, cancellationToken);
            }

            cluster._use = new FileStream(Path.Combine(root, "use.lock"), FileMode.OpenOrCreate, FileAccess.Read, FileShare.Read);
            await cluster.EnsureRunningCoreAsync(cancellationToken);
        }

        return cluster;
    }

    /// <summary>A connection string for one database of this cluster.</summary>
    public string ConnectionString(string database = UserName) =>
        new NpgsqlConnectionStringBuilder { Host = _socket, Username = UserName, Database = database, IncludeErrorDetail = true, MaxPoolSize = 60 }.ConnectionString;

    /// <summary>Starts the server again when it is gone, for example killed by the kernel for want of memory.</summary>
    /// <returns>True when it had to be started.</returns>
    /// <exception cref="PostgresUnavailableException">It does not start.</exception>
    public async Task<bool> EnsureRunningAsync(CancellationToken cancellationToken = default)
    {
        if (await AnswersAsync(cancellationToken))
        {
            return false;
        }

        await using (await ExclusiveAsync(Path.Combine(Path.GetDirectoryName(_cluster)!, "start.lock"), cancellationToken))
        {
            return await EnsureRunningCoreAsync(cancellationToken);
        }
    }

    /// <summary>Leaves the server; the last one out stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _use, null) is not { } use)
        {
            return;
        }

        var root = Path.GetDirectoryName(_cluster)!;
        await using var starting = await ExclusiveAsync(Path.Combine(root, "start.lock"), CancellationToken.None);
        await use.DisposeAsync();
        FileStream last;
        try
        {
            last = new FileStream(Path.Combine(root, "use.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return;
        }

        await using (last)
        {
            NpgsqlConnection.ClearAllPools();
            await RunAsync(_programs["pg_ctl"], ["-D", _cluster, "-m", "fast", "-w", "stop"], CancellationToken.None);
            if (_socket != root)
            {
                File.Delete(_socket);
            }
        }
    }

    private async Task CreateAsync(string root, CancellationToken cancellationToken)
    {
        // initdb leaves nothing when it fails, but a kill in its middle does: build aside, then rename.
        var fresh = Path.Combine(root, $"cluster.{Environment.ProcessId}.new");
        List<string> arguments = ["-D", fresh, "-U", UserName, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"];
        if (!_sync)
        {
            arguments.Add("--no-sync");
        }

        var (status, output) = await RunAsync(_programs["initdb"], arguments, cancellationToken);
        if (status != 0)
        {
            throw new PostgresUnavailableException($"initdb could not create the private cluster in {root}: {output.Trim()}");
        }

        Directory.Move(fresh, _cluster);
    }

    private async Task<bool> EnsureRunningCoreAsync(CancellationToken cancellationToken)
    {
        if (await AnswersAsync(cancellationToken))
        {
            return false;
        }

        var patience = Stopwatch.StartNew();
        var log = Path.Combine(Path.GetDirectoryName(_cluster)!, "server.log");
        var durability = _sync ? "" : " -c fsync=off -c synchronous_commit=off -c full_page_writes=off";
        string[] start =
        [
            "-D", _cluster, "-l", log, "-w", "-t", "50", "-o",
            $"-k '{_socket}' -c listen_addresses='' -c unix_socket_permissions=0700 -c max_connections=300 -c shared_buffers=256MB " +
            $"-c max_wal_size=2GB -c log_min_messages=warning -c jit=off{durability}",
            "start",
        ];
        while (true)
        {
            var (status, output) = await RunAsync(_programs["pg_ctl"], start, cancellationToken);
            if (await AnswersAsync(cancellationToken))
            {
                return true;
            }

            // After a kill -9 of the postmaster its orphaned backends hold the shared memory for a moment.
            if (status != 0 && patience.Elapsed > StartPatience)
            {
                var tail = File.Exists(log) ? string.Join('\n', (await File.ReadAllLinesAsync(log, cancellationToken)).TakeLast(5)) : "";
                throw new PostgresUnavailableException($"The private PostgreSQL server in {_cluster} does not start: {output.Trim()}\n{tail}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var builder = new NpgsqlConnectionStringBuilder(ConnectionString("postgres")) { Pooling = false, Timeout = 5 };
            await using var connection = new NpgsqlConnection(builder.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await EnsureDatabaseAsync(connection, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException && exception is not PostgresException { SqlState: "42501" })
        {
            return false;
        }
    }

    private static async Task EnsureDatabaseAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand($"SELECT 1 FROM pg_database WHERE datname = '{UserName}'", connection);
        if (await exists.ExecuteScalarAsync(cancellationToken) is null)
        {
            await using var create = new NpgsqlCommand($"CREATE DATABASE {UserName}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<string> RootAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (!IsRoot())
        {
            RestrictToOwner(folder);
            return folder;
        }

        var location = Path.Combine(folder, "location");
        if (File.Exists(location))
        {
            return (await File.ReadAllTextAsync(location, cancellationToken)).Trim();
        }

        await OwnAsync(folder, cancellationToken);
        var (status, _) = await RunAsync("test", ["-w", folder], cancellationToken);
        if (status == 0)
        {
            return folder;
        }

        var elsewhere = $"/var/lib/postgresql/stablerep-{ShortHash(folder)}";
        Directory.CreateDirectory(elsewhere);
        await OwnAsync(elsewhere, cancellationToken);
        await File.WriteAllTextAsync(location, elsewhere, cancellationToken);
        return elsewhere;
    }

    private static async Task OwnAsync(string folder, CancellationToken cancellationToken)
    {
        using var process = Start(new ProcessStartInfo("chown") { ArgumentList = { $"{ServiceUser}:", folder }, RedirectStandardError = true });
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new PostgresUnavailableException(
                $"PostgreSQL does not run as root and there is no user '{ServiceUser}' to run it ({error.Trim()}): " +
                "install your system's PostgreSQL package, or start the studio as an ordinary user.");
        }

        RestrictToOwner(folder);
    }

    private static void RestrictToOwner(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string SocketFolder(string root)
    {
        if (root.Length <= LongestSocketPath)
        {
            return root;
        }

        // A Unix socket's path has at most 107 bytes: a link in the temporary folder stands for a longer one.
        var link = Path.Combine(Path.GetTempPath(), $"stablerep-{ShortHash(root)}");
        if (new FileInfo(link).LinkTarget != root)
        {
            File.Delete(link);
            File.CreateSymbolicLink(link, root);
        }

        return link;
    }

    private static string ShortHash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];

    private static async Task<FileStream> ExclusiveAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(50, cancellationToken);
            }
        }
    }

    private static async Task<(int Status, string Output)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/" };
        if (IsRoot())
        {
            start.FileName = "runuser";
            start.ArgumentList.Add("-u");
            start.ArgumentList.Add(ServiceUser);
            start.ArgumentList.Add("--");
            start.ArgumentList.Add(program);
        }
        else
        {
            start.FileName = program;
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Start(start);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output + await error);
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new PostgresUnavailableException($"'{start.FileName}' does not start.");
        }
        catch (Win32Exception exception)
        {
            throw new PostgresUnavailableException($"'{start.FileName}' does not start: {exception.Message}", exception);
        }
    }

    private static bool IsRoot() => Environment.UserName == "root" || Environment.IsPrivilegedProcess;
}
