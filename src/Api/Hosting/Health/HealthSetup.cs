using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace StableRep.Api.Hosting.Health;

/// <summary>
/// <c>/healthz</c>: the process answers. <c>/readyz</c>: it can do its work. Both are for the machine that watches over nodes, need no login
/// and tell nothing but which part is in order.
/// </summary>
internal static class HealthSetup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Registers what is looked at.</summary>
    public static void AddStudioHealth(this IServiceCollection services) => services.AddHealthChecks()
        .AddCheck<DatabaseHealth>("database", timeout: Patience)
        .AddCheck<ArtifactHealth>("artifacts", timeout: Patience);

    /// <summary>Maps both addresses.</summary>
    public static void MapStudioHealth(this WebApplication app)
    {
        app.MapGet("/healthz", () => TypedResults.Ok()).AllowAnonymous().ExcludeFromDescription();
        app.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = WriteAsync }).AllowAnonymous();
    }

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(
        report.Entries.ToDictionary(entry => entry.Key, entry => StoreNames.Of(entry.Value.Status)), context.RequestAborted);
}
