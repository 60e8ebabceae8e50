using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using StableRep.Api.Accounts;

namespace StableRep.Web.Accounts;

/// <summary>
/// Who looks at a page that is open. A page asks once, when it opens, and may stay open for days: so it is asked again and again whether the
/// login still holds.
/// </summary>
internal sealed class PageLogin(ILoggerFactory loggers, LoginSessions sessions) : RevalidatingServerAuthenticationStateProvider(loggers)
{
    /// <inheritdoc/>
    protected override TimeSpan RevalidationInterval => LoginSessions.Grace;

    /// <inheritdoc/>
    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        sessions.HoldsAsync(authenticationState.User, cancellationToken);
}
