using StableRep.Api.Accounts;

namespace StableRep.Api.Http;

/// <summary>Registers and orders what all requests go through.</summary>
internal static class HttpServices
{
    public static void AddStudioHttp(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.ConfigureHttpJsonOptions(options => StudioJson.Configure(options.SerializerOptions));

        // A request that cannot be read is an exception like all others, so that one table answers it.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            var problem = ProblemTable.OfStatus(context.ProblemDetails.Status ?? StatusCodes.Status500InternalServerError);
            context.ProblemDetails.Type = problem.Type;
            context.ProblemDetails.Title = problem.Title;
        });
        services.AddExceptionHandler<ProblemExceptionHandler>();
        services.AddValidation();
        services.AddAntiforgery();
    }

    public static void UseStudioHttp(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseAudit();
    }
}
