using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests;

/// <summary>A web node that answers on a port of loopback, on the database of a studio under test.</summary>
internal sealed class LiveNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LiveNode(WebApplication app) => (_app, Address, People) = (app, new Uri(app.Urls.First()), new TestPeople(app.Services));

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Its people, where it is a team's.</summary>
    public TestPeople People { get; }

    public static Task<LiveNode> StartAsync(StudioUnderTest studio, params (string Key, string Value)[] settings) =>
        StartAsync(studio, AccountMode.Single, settings);

    public static async Task<LiveNode> StartAsync(StudioUnderTest studio, AccountMode mode, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(
            [new("urls", "http://127.0.0.1:0"), new("Studio:DataFolder", studio.Folder), new("Studio:Accounts", mode == AccountMode.Single ? "single" : "team")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)));
        var app = builder.BuildWeb(studio.Database, mode);
        await app.StartAsync();
        return new LiveNode(app);
    }

    public HttpClient Client() => new() { BaseAddress = Address };

    /// <summary>A client for a person with a role of a team's node; without a role, for nobody.</summary>
    public Task<HttpClient> ClientAsync(StudioRole? role) => People.CreateClientAsync(Address, role);

    public HubConnection Hub() => new HubConnectionBuilder().WithUrl(new Uri(Address, "/hubs/experiments"))
        .AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions)).Build();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
