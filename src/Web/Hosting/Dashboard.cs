using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using MudBlazor.Services;
using StableRep.Api.Accounts;
using StableRep.Web.Accounts;
using StableRep.Web.Experiments;

namespace StableRep.Web.Hosting;

/// <summary>The dashboard's services and routes.</summary>
internal static class Dashboard
{
    // A laptop that was closed for a coffee comes back to the page as it was.
    private static readonly TimeSpan CircuitRetention = TimeSpan.FromMinutes(15);

    // Together with boot.js: a dead connection is noticed within 15 s.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    /// <summary>Registers what pages need.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddRazorComponents()
            .AddInteractiveServerComponents(circuits => circuits.DisconnectedCircuitRetentionPeriod = CircuitRetention)
            .AddHubOptions(hub => hub.KeepAliveInterval = KeepAlive);
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddScoped<AuthenticationStateProvider, PageLogin>();
        builder.Services.AddSingleton<ExperimentActions>();
        builder.Services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight;
            mud.SnackbarConfiguration.PreventDuplicates = true;
            mud.SnackbarConfiguration.VisibleStateDuration = 6000;
        });
    }

    /// <summary>Maps pages and their files.</summary>
    public static void Map(WebApplication app)
    {
        app.UseWhen(
            context => !context.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
                && !context.Request.Path.StartsWithSegments("/hubs", StringComparison.OrdinalIgnoreCase),
            pages => pages.UseStatusCodePagesWithReExecute(NotFoundPage.Path, createScopeForStatusCodePages: true));
        app.MapStaticAssets().AllowAnonymous();

        // Pages state more than this, or that they are for everybody; the circuit's own endpoints have only this.
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode().RequireAuthorization(Policies.Viewer);
    }
}
