using MudBlazor;
using MudBlazor.Services;

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
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
    }
}
