using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using StableRep.Data;

namespace StableRep.Api.Accounts;

/// <summary>
/// The logins of people. A cookie is good by itself, wherever it was copied to: so each carries the id of its login, and a login that ended, or
/// whose person was kept out or changed since, lets nobody in on any node.
/// </summary>
public sealed class LoginSessions(IDbContextFactory<StudioDbContext> stores, IOptions<IdentityOptions> identity, TimeProvider clock)
{
    /// <summary>How long a cookie lasts that nobody uses, and so how long an ended login must be remembered.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    private const string IdClaim = "login";

    // Ended logins lie in Identity's own table of a person's tokens; the value is when the last cookie has run out.
    private const string Ended = "ended login";

    /// <summary>Whether somebody may still act as they were let in, by a login or in single-user mode.</summary>
    public async Task<bool> HoldsAsync(ClaimsPrincipal user, CancellationToken cancellationToken = default)
    {
        if (user.Identity?.AuthenticationType == LocalUserHandler.SchemeName)
        {
            return true;
        }

        var (id, login, stamp) = (user.UserId(), user.FindFirstValue(IdClaim), user.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType));
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        return await store.Users.AnyAsync(
            row => row.Id == id && row.DisabledAt == null && (stamp == null || row.SecurityStamp == stamp)
                && !store.UserTokens.Any(token => token.UserId == id && token.LoginProvider == Ended && token.Name == login),
            cancellationToken);
    }

    /// <summary>Gives a login that begins its id.</summary>
    internal static Task BeginAsync(CookieSigningInContext context)
    {
        if (context.Principal?.Identity is ClaimsIdentity person && !person.HasClaim(claim => claim.Type == IdClaim))
        {
            person.AddClaim(new Claim(IdClaim, Guid.NewGuid().ToString("N")));
        }

        return Task.CompletedTask;
    }

    /// <summary>Refuses the cookie of a login that no longer holds.</summary>
    internal static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var sessions = context.HttpContext.RequestServices.GetRequiredService<LoginSessions>();
        if (!await sessions.HoldsAsync(context.Principal!, context.HttpContext.RequestAborted))
        {
            context.RejectPrincipal();
        }
    }

    /// <summary>Ends the login of whoever logs out.</summary>
    internal static Task EndAsync(CookieSigningOutContext context) =>
        context.HttpContext.RequestServices.GetRequiredService<LoginSessions>().EndAsync(context.HttpContext.User);

    private async Task EndAsync(ClaimsPrincipal user)
    {
        if (user.UserId() is not { } id || user.FindFirstValue(IdClaim) is not { } login)
        {
            return;
        }

        var (now, until) = (Text(clock.GetUtcNow()), Text(clock.GetUtcNow() + Lifetime));
        await using var store = await stores.CreateDbContextAsync();
        await store.Database.ExecuteSqlAsync($"DELETE FROM app.user_tokens WHERE user_id = {id} AND login_provider = {Ended} AND value < {now}");
        await store.Database.ExecuteSqlAsync(
            $"INSERT INTO app.user_tokens (user_id, login_provider, name, value) VALUES ({id}, {Ended}, {login}, {until}) ON CONFLICT DO NOTHING");
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
