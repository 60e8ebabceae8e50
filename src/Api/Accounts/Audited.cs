namespace StableRep.Api.Accounts;

/// <summary>Says that an endpoint's success goes into the audit log.</summary>
internal sealed record AuditedMetadata(string Action, string Kind);

/// <summary>Writes the audit log for endpoints.</summary>
internal static class AuditExtensions
{
    /// <summary>Writes an entry when the endpoint succeeds: the target is the kind with the route's <c>id</c> or <c>name</c>, else with the end of <c>Location</c>.</summary>
    public static TBuilder Audited<TBuilder>(this TBuilder builder, string action, string kind)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new AuditedMetadata(action, kind));

    public static void UseAudit(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AuditedMetadata>() is { } audited)
        {
            // Before the first byte of the answer: nobody hears of a deed that is not written down.
            context.Response.OnStarting(() => context.Response.StatusCode >= 400
                ? Task.CompletedTask
                : context.RequestServices.GetRequiredService<AuditLog>().WriteAsync(
                    context.User, audited.Action, $"{audited.Kind} {TargetOf(context)}".TrimEnd(), null, CancellationToken.None));
        }

        return next(context);
    });

    private static string TargetOf(HttpContext context) =>
        (context.Request.RouteValues["id"] ?? context.Request.RouteValues["name"])?.ToString() ?? context.Response.Headers.Location.ToString().Split('/')[^1];
}
