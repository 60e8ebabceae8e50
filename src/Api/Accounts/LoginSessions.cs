using System.Globalization;
using System.Runtime.CompilerServices;
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
    /// <summary>How long something that is open, a page or a stream, may outlast the login or token that opened it.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>How long a cookie lasts that nobody uses, and so how long an ended login must be remembered.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    /// <summary>Names the token that a script showed.</summary>
    internal const string TokenClaim = "token";

    private const string IdClaim = "login";

    // Ended logins lie in Identity's own table of a person's tokens; the value is when the last cookie has run out.
    private const string Ended = "ended login";

    /// <summary>Whether somebody may still act as they were let in: by a login, by a token or in single-user mode.</summary>
    public async Task<bool> HoldsAsync(ClaimsPrincipal user, CancellationToken cancellationToken = default)
    {
        if (user.Identity?.AuthenticationType == LocalUserHandler.SchemeName)
        {
            return true;
        }

        Guid? token = Guid.TryParse(user.FindFirstValue(TokenClaim), out var shown) ? shown : null;
        var (id, login, stamp) = (user.UserId(), user.FindFirstValue(IdClaim), user.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType));
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var tokens = TokenService.Valid(store, clock.GetUtcNow());
        return await store.Users.AnyAsync(
            row => row.Id == id && row.DisabledAt == null && (stamp == null || row.SecurityStamp == stamp)
                && (token == null || tokens.Any(used => used.Id == token))
                && !store.UserTokens.Any(ended => ended.UserId == id && ended.LoginProvider == Ended && ended.Name == login),
            cancellationToken);
    }

    /// <summary>
    /// Passes a stream on for as long as somebody may see it. It is asked before the first item, and again before the next one when the last
    /// answer is older than <see cref="Grace"/>: a stream of which nothing comes costs nothing and tells nothing.
    /// </summary>
    /// <param name="user">Who follows the stream.</param>
    /// <param name="items">What happens.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async IAsyncEnumerable<T> WhileHoldingAsync<T>(
        ClaimsPrincipal user, IAsyncEnumerable<T> items, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var held = DateTimeOffset.MinValue;
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            if (clock.GetUtcNow() - held >= Grace)
            {
                if (!await HoldsAsync(user, cancellationToken))
                {
                    yield break;
                }

                held = clock.GetUtcNow();
            }

            yield return item;
        }
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
