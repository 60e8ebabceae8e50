using System.Globalization;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Data.Hosting;
using Xunit;

namespace StableRep.Testing;

/// <summary>
/// One private PostgreSQL cluster for a whole test run, and in it one database with all schemas from which each test's own is copied
/// (a tenth of a second). Declare it with <c>[assembly: AssemblyFixture(typeof(TestCluster))]</c>.
/// </summary>
public sealed class TestCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stablerep-pg-").FullName;
    private int _databases;

    /// <summary>The cluster.</summary>
    public PrivateCluster Cluster { get; private set; } = null!;

    /// <summary>A folder that is deleted at the run's end.</summary>
    public string Folder => _folder;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows())
        {
            // PostgreSQL's user must reach the cluster inside.
            File.SetUnixFileMode(_folder, (UnixFileMode)Convert.ToInt32("755", 8));
        }

        Cluster = await PrivateCluster.StartAsync(Path.Combine(_folder, "pg"), durable: false);
        await CreateAsync("template", null);
        await using var template = await StudioDatabase.OpenAsync(ConnectionString("template", pooling: false), new StudioOptions());
    }

    /// <summary>Creates a database with the current schema and no rows, and gives its connection string.</summary>
    public Task<string> NewDatabaseAsync() => NewAsync("template");

    /// <summary>Creates a database without any schema.</summary>
    public Task<string> NewEmptyDatabaseAsync() => NewAsync(null);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> NewAsync(string? template)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _databases)}");
        await CreateAsync(name, template);
        return ConnectionString(name, pooling: true);
    }

    private async Task CreateAsync(string name, string? template)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(PrivateCluster.UserName, pooling: false));
        await connection.OpenAsync();
        var sql = $"CREATE DATABASE {name}" + (template is null ? "" : $" TEMPLATE {template}");
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private string ConnectionString(string database, bool pooling) =>
        new NpgsqlConnectionStringBuilder(Cluster.ConnectionString(database)) { Pooling = pooling }.ConnectionString;
}
