using Npgsql;
using StableRep.Api.Cli;
using StableRep.Api.Hosting;
using StableRep.Data.Artifacts;
using StableRep.Data.Hosting;

namespace StableRep.Api.Backups;

/// <summary>A studio's database, artifacts and files, as they are: nothing is migrated.</summary>
internal sealed class BackupPlace : IAsyncDisposable
{
    /// <summary>Folders of the data folder that a backup holds.</summary>
    public static readonly IReadOnlyList<string> Folders = ["generators", "probe-datasets"];

    private readonly PrivateCluster? _cluster;

    private BackupPlace(PrivateCluster? cluster, string connectionString, PostgresPrograms programs, IArtifactStore artifacts, string dataFolder)
    {
        (_cluster, Artifacts, DataFolder) = (cluster, artifacts, dataFolder);
        Database = NpgsqlDataSource.Create(connectionString);
        Tool = new PostgresTool(programs, connectionString);
    }

    /// <summary>The database.</summary>
    public NpgsqlDataSource Database { get; }

    /// <summary>PostgreSQL's client programs on it.</summary>
    public PostgresTool Tool { get; }

    /// <summary>The artifacts.</summary>
    public IArtifactStore Artifacts { get; }

    /// <summary>The data folder.</summary>
    public string DataFolder { get; }

    /// <summary>Opens the studio of a configuration.</summary>
    /// <exception cref="PostgresUnavailableException">There is no server, or no client programs.</exception>
    public static async Task<BackupPlace> OpenAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        var options = configuration.StudioOptions();
        var artifacts = ArtifactStores.Open(options, configuration.GetSection(ArtifactOptions.Section).Get<ArtifactOptions>() ?? new(), TimeProvider.System);
        var connectionString = configuration.GetConnectionString("Studio");
        var cluster = string.IsNullOrWhiteSpace(connectionString)
            ? await PrivateCluster.StartAsync(options.PathOf("postgres"), options.PostgresPrograms, cancellationToken: cancellationToken)
            : null;
        return new BackupPlace(
            cluster, cluster?.ConnectionString() ?? connectionString!, PostgresPrograms.FindClient(options.PostgresPrograms), artifacts, options.PathOf("."));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        (Artifacts as IDisposable)?.Dispose();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
