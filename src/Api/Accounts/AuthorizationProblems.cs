using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using StableRep.Api.Http;

namespace StableRep.Api.Accounts;

/// <summary>Tells scripts why they are refused. Browsers asking for pages are sent to the login by the cookie's own handler.</summary>
internal sealed class AuthorizationProblems : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _default = new();

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded || !context.Request.IsForScripts())
        {
            await _default.HandleAsync(next, context, policy, authorizeResult);
        }
        else if (authorizeResult.Challenged)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await context.WriteProblemAsync(ProblemTable.OfStatus(StatusCodes.Status401Unauthorized));
        }
        else
        {
            await context.WriteProblemAsync(ProblemTable.OfStatus(StatusCodes.Status403Forbidden));
        }
    }
}
