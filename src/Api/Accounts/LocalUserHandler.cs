using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>The single-user mode: whoever sits at this machine is the local person.</summary>
internal sealed class LocalUserHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Local";

    private static readonly StudioUser Person = new() { Id = StudioUser.LocalId, UserName = "local", DisplayName = "Local user" };

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // The start has refused other addresses. This holds even where the server's addresses were set in a way it did not know.
        if (Context.Connection.LocalIpAddress is { } address && !IPAddress.IsLoopback(address))
        {
            return Task.FromResult(AuthenticateResult.Fail("The single-user mode answers on loopback only."));
        }

        var principal = new ClaimsPrincipal(StudioPrincipal.Create(Person, StudioRole.Admin, SchemeName));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName)));
    }
}
