using StableRep.Api.Accounts;

namespace StableRep.Api.Http;

/// <summary>Registers and orders what all requests go through.</summary>
internal static class HttpServices
{
    private const long MostBody = 4 << 20;

    public static void AddStudioHttp(this WebApplicationBuilder builder, AccountMode mode)
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
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "studio-form";
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddRateLimits(mode);
        services.AddApiDocument();
        builder.WebHost.ConfigureKestrel(options =>
        {
            // Uploads say for themselves that they are larger.
            options.Limits.MaxRequestBodySize = MostBody;
            options.AddServerHeader = false;
        });
    }

    public static void UseStudioHttp(this WebApplication app)
    {
        app.UseKnownProxies();
        app.UseSecurityHeaders();
        app.UseWhen(context => context.Request.IsHttps, secure => secure.UseHsts());
        app.UseExceptionHandler();
        app.UseOriginGuard();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseMiddleware<Idempotency>();
        app.UseAudit();
    }
}
