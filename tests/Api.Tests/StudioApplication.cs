using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests;

/// <summary>A web node as it runs, in this process, on a real port and a database and a data folder of its own. Nothing works on its jobs.</summary>
public sealed class StudioApplication : IAsyncDisposable
{
    private readonly StudioDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly WebApplication _app;

    private StudioApplication(StudioDatabase database, bool ownsDatabase, WebApplication app, string folder) =>
        (_database, _ownsDatabase, _app, Folder, People) = (database, ownsDatabase, app, folder, new TestPeople(app.Services));

    public IServiceProvider Services => _app.Services;

    internal StudioDatabase Database => _database;

    /// <summary>Its people.</summary>
    internal TestPeople People { get; }

    /// <summary>The data folder.</summary>
    public string Folder { get; }

    /// <summary>Where it answers.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>Starts a node for a team, or for the local person.</summary>
    /// <param name="cluster">Where its database goes.</param>
    /// <param name="mode">Whether people log in.</param>
    /// <param name="configure">Changes the builder, such as its configuration or services.</param>
    /// <param name="addPages">The dashboard's services.</param>
    /// <param name="mapPages">The dashboard.</param>
    public static async Task<StudioApplication> StartAsync(
        TestCluster cluster, AccountMode mode = AccountMode.Team, Action<WebApplicationBuilder>? configure = null,
        Action<WebApplicationBuilder>? addPages = null, Action<WebApplication>? mapPages = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(cluster.Folder, Guid.NewGuid().ToString("N"))).FullName;
        var database = await StudioDatabase.OpenAsync(await cluster.NewDatabaseAsync(), new StudioOptions { DataFolder = folder });
        return await StartAsync(database, folder, ownsDatabase: true, mode, configure, addPages, mapPages);
    }

    /// <summary>Starts a node on a database and a data folder that another node has too.</summary>
    internal static Task<StudioApplication> StartAsync(
        StudioDatabase database, string folder, AccountMode mode = AccountMode.Team, Action<WebApplicationBuilder>? configure = null,
        Action<WebApplicationBuilder>? addPages = null, Action<WebApplication>? mapPages = null) =>
        StartAsync(database, folder, ownsDatabase: false, mode, configure, addPages, mapPages);

    /// <summary>A client for a person with a role, who shows a token with all of its scopes; without a role, for nobody.</summary>
    public Task<HttpClient> CreateClientAsync(StudioRole? role = null) => People.CreateClientAsync(Address, role);

    /// <summary>The id of the person whom <see cref="CreateClientAsync"/> acts for.</summary>
    public Task<Guid> UserIdAsync(StudioRole role) => People.UserIdAsync(role);

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownsDatabase)
        {
            await _database.DisposeAsync();
        }
    }

    private static async Task<StudioApplication> StartAsync(
        StudioDatabase database, string folder, bool ownsDatabase, AccountMode mode, Action<WebApplicationBuilder>? configure,
        Action<WebApplicationBuilder>? addPages, Action<WebApplication>? mapPages)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            // The dashboard's files are listed under the name of its program.
            ApplicationName = mapPages?.Method.Module.Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Studio:DataFolder"] = folder,
            ["Studio:Roles"] = "web",
            ["Engine:Device"] = "cpu",
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        configure?.Invoke(builder);
        var studio = new StudioApplication(database, ownsDatabase, builder.BuildWeb(database, mode, addPages, mapPages), folder);
        try
        {
            await studio._app.StartAsync();
            return studio;
        }
        catch
        {
            await studio.DisposeAsync();
            throw;
        }
    }
}
