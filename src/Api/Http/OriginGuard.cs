using Microsoft.Net.Http.Headers;

namespace StableRep.Api.Http;

/// <summary>
/// Refuses what other sites make a person's browser send. Without a login, or with a cookie, the browser alone would be let in: so changes and
/// WebSockets must come from the studio's own pages, or from no page at all.
/// </summary>
internal static class OriginGuard
{
    private static readonly ApiProblem Refusal = new(
        403, "cross-origin", "From another site", "A page of another site sent this. Scripts send no Origin; pages of the studio send its own.");

    public static void UseOriginGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        IsHarmless(context) || IsOwn(context.Request) ? next(context) : context.WriteProblemAsync(Refusal));

    private static bool IsHarmless(HttpContext context)
    {
        var request = context.Request;
        var reads = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        return reads && !context.WebSockets.IsWebSocketRequest && !request.Headers.ContainsKey(HeaderNames.Upgrade);
    }

    private static bool IsOwn(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0
            ? origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
            : request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none";
    }
}
