using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Api.Http;

namespace StableRep.Api.Tests;

/// <summary>A web node that answers on a port of loopback, on the database of a studio under test.</summary>
internal sealed class LiveNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LiveNode(WebApplication app) => (_app, Address) = (app, new Uri(app.Urls.First()));

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<LiveNode> StartAsync(StudioUnderTest studio, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection([new("urls", "http://127.0.0.1:0"), new("Studio:DataFolder", studio.Folder), new("Studio:Accounts", "single")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)));
        var app = builder.BuildWeb(studio.Database, AccountMode.Single);
        await app.StartAsync();
        return new LiveNode(app);
    }

    public HttpClient Client() => new() { BaseAddress = Address };

    public HubConnection Hub() => new HubConnectionBuilder().WithUrl(new Uri(Address, "/hubs/experiments"))
        .AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions)).Build();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
