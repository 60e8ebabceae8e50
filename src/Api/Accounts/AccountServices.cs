using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Identity;
using StableRep.Data;
using StableRep.Data.Accounts;

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
            .AddCookie(IdentityConstants.ApplicationScheme, ConfigureCookie);
        services.AddSingleton(new AccountAccess(mode));
        services.AddSingleton<AccountService>();
        services.AddSingleton<LoginSessions>();
        services.AddSingleton<FirstAdminLink>();
        services.AddHostedService(provider => provider.GetRequiredService<FirstAdminLink>());
        services.AddIdentityCore<StudioUser>(ConfigureIdentity)
            .AddUserManager<StudioUserManager>()
            .AddRoles<IdentityRole<Guid>>()
            .AddEntityFrameworkStores<StudioDbContext>()
            .AddSignInManager()
            .AddDefaultTokenProviders()
            .AddClaimsPrincipalFactory<StudioClaimsFactory>();
        services.AddScoped<IUserConfirmation<StudioUser>, EnabledUsers>();
        services.Configure<DataProtectionTokenProviderOptions>(options => options.TokenLifespan = TimeSpan.FromDays(3));
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

    private static void ConfigureIdentity(IdentityOptions options)
    {
        // Length is what makes a password strong.
        options.Password.RequiredLength = 12;
        options.Password.RequiredUniqueChars = 5;
        options.Password.RequireDigit = false;
        options.Password.RequireLowercase = false;
        options.Password.RequireUppercase = false;
        options.Password.RequireNonAlphanumeric = false;
        options.Lockout.MaxFailedAccessAttempts = 5;
        options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(15);
        options.SignIn.RequireConfirmedAccount = true;
    }

    private static void ConfigureCookie(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "studio";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.LoginPath = "/account/login";
        options.AccessDeniedPath = "/account/denied";
        options.ReturnUrlParameter = "returnUrl";
        options.ExpireTimeSpan = LoginSessions.Lifetime;
        options.SlidingExpiration = true;
        options.Events.OnSigningIn = LoginSessions.BeginAsync;
        options.Events.OnValidatePrincipal = LoginSessions.ValidateAsync;
        options.Events.OnSigningOut = LoginSessions.EndAsync;
    }
}
