using Microsoft.AspNetCore.Diagnostics;

namespace StableRep.Api.Http;

/// <summary>Gives the API's bare statuses, such as those of unknown addresses, the body of a problem.</summary>
internal static class StatusProblems
{
    /// <summary>Must come after all other middleware, so that no error page of the dashboard takes an answer of the API for its own.</summary>
    public static void UseStatusProblems(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (!context.Request.IsForScripts())
        {
            await next(context);
            return;
        }

        if (context.Features.Get<IStatusCodePagesFeature>() is { } pages)
        {
            pages.Enabled = false;
        }

        await next(context);
        var response = context.Response;

        // A range outside of a file is refused under the file's own content type.
        if (!response.HasStarted && response.StatusCode >= 400 && response.ContentLength is null or 0
            && (response.ContentType is null || response.StatusCode == StatusCodes.Status416RangeNotSatisfiable))
        {
            response.ContentLength = null;
            await context.WriteProblemAsync(ProblemTable.OfStatus(response.StatusCode));
        }
    });
}
