using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Identity;
using StableRep.Data;

namespace StableRep.Api.Accounts;

/// <summary>Registers who may do what, and how people prove who they are.</summary>
internal static class AccountServices
{
    private const string Scheme = "Studio";

    public static void AddAccounts(this WebApplicationBuilder builder, AccountMode mode)
    {
        var services = builder.Services;
        services.AddDataProtection().SetApplicationName("StableRep.Studio").PersistKeysToDbContext<StudioDbContext>();

        // The keys are as safe as the database that holds them, which is what the warning is about.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);
        services.AddAuthorization(Policies.Add);
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationProblems>();
        services.AddAuthentication(Scheme)
            .AddPolicyScheme(Scheme, null, options => options.ForwardDefaultSelector = _ =>
                mode == AccountMode.Single ? LocalUserHandler.SchemeName : IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, LocalUserHandler>(LocalUserHandler.SchemeName, null)
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
