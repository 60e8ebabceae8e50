using System.Net.Http.Headers;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests;

/// <summary>A web node as it runs, in this process, on a real port and a database and a data folder of its own. Nothing works on its jobs.</summary>
public sealed class StudioApplication : IAsyncDisposable
{
    private readonly Dictionary<StudioRole, (Guid UserId, string Secret)> _people = [];
    private readonly StudioDatabase _database;
    private readonly WebApplication _app;

    private StudioApplication(StudioDatabase database, WebApplication app, string folder) => (_database, _app, Folder) = (database, app, folder);

    public IServiceProvider Services => _app.Services;

    internal StudioDatabase Database => _database;

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
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Studio:DataFolder"] = folder,
            ["Studio:Roles"] = "web",
            ["Engine:Device"] = "cpu",
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        configure?.Invoke(builder);
        var studio = new StudioApplication(database, builder.BuildWeb(database, mode, addPages, mapPages), folder);
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

    /// <summary>A client for a person with a role, who shows a token with all of its scopes; without a role, for nobody.</summary>
    public async Task<HttpClient> CreateClientAsync(StudioRole? role = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = Address };
        if (role is { } known)
        {
            var (_, secret) = await PersonAsync(known);
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        }

        return client;
    }

    /// <summary>The id of the person whom <see cref="CreateClientAsync"/> acts for.</summary>
    public async Task<Guid> UserIdAsync(StudioRole role) => (await PersonAsync(role)).UserId;

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task<(Guid UserId, string Secret)> PersonAsync(StudioRole role)
    {
        if (_people.TryGetValue(role, out var known))
        {
            return known;
        }

        var user = new StudioUser { Id = Guid.NewGuid(), UserName = role.Name() + "-person", NormalizedUserName = role.Name().ToUpperInvariant() + "-PERSON", DisplayName = $"The {role.Name()}", SecurityStamp = "test" };
        await using (var store = await Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync())
        {
            store.Users.Add(user);
            store.UserRoles.Add(new IdentityUserRole<Guid> { UserId = user.Id, RoleId = role.RowId() });
            await store.SaveChangesAsync();
        }

        var scopes = TokenScopes.All.Where(scope => scope.Value <= role).Select(scope => scope.Key).ToList();
        var token = await Services.GetRequiredService<TokenService>().CreateAsync(
            new ClaimsPrincipal(StudioPrincipal.Create(user, role, "test")), new NewToken { Name = "test", Scopes = scopes });
        return _people[role] = (user.Id, token.Secret);
    }
}
