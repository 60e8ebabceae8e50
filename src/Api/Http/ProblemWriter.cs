using System.Diagnostics;
using System.Globalization;

namespace StableRep.Api.Http;

/// <summary>Writes problems as <c>application/problem+json</c>, whatever the client says it accepts.</summary>
internal static class ProblemWriter
{
    private static readonly string[] Roots = ["/api", "/hubs", "/openapi", "/problems", "/healthz", "/readyz"];

    /// <summary>Whether a request is for the API, whose errors are problems, and not for a page, whose errors are pages.</summary>
    public static bool IsForScripts(this HttpRequest request) =>
        Roots.Any(root => request.Path.StartsWithSegments(root, StringComparison.OrdinalIgnoreCase));

    /// <summary>Answers with a problem.</summary>
    public static Task WriteProblemAsync(this HttpContext context, ApiProblem problem)
    {
        context.Response.StatusCode = problem.Status;
        context.Response.Headers.CacheControl = "no-store";
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = 5.ToString(CultureInfo.InvariantCulture);
        }

        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsJsonAsync(
                new ProblemBody
                {
                    Type = problem.Type,
                    Title = problem.Title,
                    Status = problem.Status,
                    Detail = problem.Detail,
                    Instance = context.Request.Path,
                    TraceId = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier,
                    Errors = problem.Errors,
                },
                StudioJson.Options,
                "application/problem+json",
                CancellationToken.None);
    }
}
