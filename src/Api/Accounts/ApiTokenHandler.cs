using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>Lets scripts in that show a token.</summary>
internal sealed class ApiTokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, TokenService tokens)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Token";
    private const string Start = "Bearer ";

    /// <summary>The secret that a request shows. A browser cannot set a WebSocket's headers, so hubs also take it from the address.</summary>
    public static string? SecretOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Start, StringComparison.OrdinalIgnoreCase) ? header[Start.Length..].Trim()
            : request.Path.StartsWithSegments("/hubs", StringComparison.Ordinal) && request.Query["access_token"] is [{ Length: > 0 } secret] ? secret
            : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync() =>
        SecretOf(Request) is not { } secret ? AuthenticateResult.NoResult()
            : await tokens.FindAsync(secret, Context.RequestAborted) is { } found
                ? AuthenticateResult.Success(new AuthenticationTicket(PrincipalOf(found.Id, found.User, found.Role), SchemeName))
                : AuthenticateResult.Fail("The token is unknown, expired or revoked.");

    private static ClaimsPrincipal PrincipalOf(Guid token, StudioUser user, StudioRole role)
    {
        var identity = StudioPrincipal.Create(user, role, SchemeName);
        identity.AddClaim(new Claim(LoginSessions.TokenClaim, token.ToString()));
        return new ClaimsPrincipal(identity);
    }
}
