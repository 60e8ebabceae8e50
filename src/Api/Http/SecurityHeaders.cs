namespace StableRep.Api.Http;

/// <summary>What browsers may do with an answer: nothing comes from or goes to another site.</summary>
internal static class SecurityHeaders
{
    // MudBlazor and Plotly set styles on elements; scripts come from files only.
    private const string Pages =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; " +
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    // Data of people, such as uploaded images, is never a document of this site.
    private const string Data = "default-src 'none'; sandbox; frame-ancestors 'none'";

    private static readonly string[] Tools = ["/reference", "/admin/hangfire"];

    // The API's reference and the job queue's dashboard are other people's pages and come with scripts of their own in the page.
    private static readonly string ToolPages = Pages.Replace("script-src 'self'", "script-src 'self' 'unsafe-inline' 'unsafe-eval'", StringComparison.Ordinal);

    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        // The job queue's dashboard moves the path.
        var policy = PolicyOf(context.Request);

        // At the last moment: the answer to an exception begins with no headers.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
            headers.ContentSecurityPolicy = policy;
            return Task.CompletedTask;
        });
        return next(context);
    });

    private static string PolicyOf(HttpRequest request) =>
        request.IsForScripts() ? Data
        : Tools.Any(tool => request.Path.StartsWithSegments(tool, StringComparison.OrdinalIgnoreCase)) ? ToolPages
        : Pages;
}
