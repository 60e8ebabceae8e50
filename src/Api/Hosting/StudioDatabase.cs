using Hangfire.PostgreSql;
using Npgsql;
using StableRep.Data.Hosting;

namespace StableRep.Api.Hosting;

/// <summary>
/// The node's database: the one that <c>ConnectionStrings:Studio</c> names, else a private cluster under the data folder. Its schema is up to
/// date once it is open.
/// </summary>
public sealed class StudioDatabase : IAsyncDisposable
{
    /// <summary>The schema of the job queue.</summary>
    public const string JobSchema = "hangfire";

    private StudioDatabase(PrivateCluster? cluster, string connectionString)
    {
        (PrivateCluster, ConnectionString) = (cluster, connectionString);
        Source = NpgsqlDataSource.Create(connectionString);
    }

    /// <summary>The private cluster, or null when a connection string was given.</summary>
    public PrivateCluster? PrivateCluster { get; }

    /// <summary>How to reach the database; may hold a password.</summary>
    public string ConnectionString { get; }

    /// <summary>The node's pool of connections.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Opens the database and installs or updates its schemas.</summary>
    /// <param name="connectionString">The database, or null or empty for the private cluster.</param>
    /// <param name="options">Where the private cluster lies.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="PostgresUnavailableException">There is no server; the message says what to install or set.</exception>
    public static async Task<StudioDatabase> OpenAsync(
        string? connectionString, StudioOptions options, CancellationToken cancellationToken = default)
    {
        var cluster = string.IsNullOrWhiteSpace(connectionString)
            ? await PrivateCluster.StartAsync(options.PathOf("postgres"), options.PostgresPrograms, cancellationToken: cancellationToken)
            : null;
        var database = new StudioDatabase(cluster, cluster?.ConnectionString() ?? connectionString!);
        try
        {
            await StudioStore.MigrateAsync(database.Source, InstallJobSchemaAsync, cancellationToken);
            return database;
        }
        catch (Exception exception)
        {
            await database.DisposeAsync();
            if (exception is NpgsqlException { InnerException: System.Net.Sockets.SocketException })
            {
                throw new PostgresUnavailableException(
                    $"The database of ConnectionStrings:Studio does not answer ({exception.Message}): start it, mend the connection string, " +
                    "or remove it to use a private cluster.", exception);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (PrivateCluster is not null)
        {
            await PrivateCluster.DisposeAsync();
        }
    }

    private static Task InstallJobSchemaAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        PostgreSqlObjectsInstaller.Install(connection, JobSchema);
        return Task.CompletedTask;
    }
}
