using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Identity;

namespace StableRep.Api.Accounts;

/// <summary>Registers who may do what, and how people prove who they are.</summary>
internal static class AccountServices
{
    private const string Scheme = "Studio";

    public static void AddAccounts(this WebApplicationBuilder builder, AccountMode mode)
    {
        var services = builder.Services;
        services.AddAuthorization(Policies.Add);
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationProblems>();
        services.AddAuthentication(Scheme)
            .AddPolicyScheme(Scheme, null, options => options.ForwardDefaultSelector = context =>
                ApiTokenHandler.SecretOf(context.Request) is not null ? ApiTokenHandler.SchemeName
                : mode == AccountMode.Single ? LocalUserHandler.SchemeName : IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, LocalUserHandler>(LocalUserHandler.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, ApiTokenHandler>(ApiTokenHandler.SchemeName, null)
            .AddCookie(IdentityConstants.ApplicationScheme);
        if (mode == AccountMode.Single)
        {
            // A name that an attacker's DNS points at this machine must not reach the person's data through their browser.
            services.Configure<HostFilteringOptions>(options =>
            {
                options.AllowedHosts = ["localhost", "127.0.0.1", "[::1]"];
                options.IncludeFailureMessage = false;
            });
        }
    }
}
