using System.Buffers.Text;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>The tokens with which scripts act for people. Only hashes are kept.</summary>
public sealed class TokenService(IDbContextFactory<StudioDbContext> stores, AuditLog audit, TimeProvider clock)
{
    private const string Start = "srs_";
    private const int PrefixLength = 12;
    private static readonly TimeSpan UseResolution = TimeSpan.FromMinutes(1);

    /// <summary>Makes a token for the person who asks.</summary>
    /// <exception cref="InputException">A field is wrong, or a scope is above the person's role.</exception>
    public async Task<CreatedToken> CreateAsync(ClaimsPrincipal user, NewToken wanted, CancellationToken cancellationToken = default)
    {
        Check(user, wanted);
        var secret = Start + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var token = new ApiToken
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            UserId = user.UserId()!.Value,
            Name = wanted.Name.Trim(),
            Hash = HashOf(secret),
            Prefix = secret[..PrefixLength],
            Scopes = [.. wanted.Scopes.Distinct().Order()],
            CreatedAt = clock.GetUtcNow(),
            ExpiresAt = wanted.ExpiresAt?.ToUniversalTime(),
        };
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        store.ApiTokens.Add(token);
        audit.Add(store, user, "token.create", $"token {token.Id}", new { token.Name, token.Scopes, token.ExpiresAt });
        await store.SaveChangesAsync(cancellationToken);
        return new CreatedToken(token.Id, secret, View(token, user.Identity!.Name!));
    }

    /// <summary>Tokens, the newest first: a person's, or everybody's.</summary>
    /// <param name="userId">Whose, or null for everybody's.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<TokenView>> ListAsync(Guid? userId, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var rows = await (
            from token in store.ApiTokens.AsNoTracking()
            join owner in store.Users on token.UserId equals owner.Id
            where userId == null || token.UserId == userId
            orderby token.Id descending
            select new { token, owner.UserName }).ToListAsync(cancellationToken);
        return [.. rows.Select(row => View(row.token, row.UserName!))];
    }

    /// <summary>Ends a token at once.</summary>
    /// <exception cref="MissingException">There is no such token, or it is another person's.</exception>
    public async Task RevokeAsync(ClaimsPrincipal user, Guid id, CancellationToken cancellationToken = default)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var token = await store.ApiTokens.SingleOrDefaultAsync(row => row.Id == id, cancellationToken);
        if (token is null || (token.UserId != user.UserId() && !user.Is(StudioRole.Admin)))
        {
            throw new MissingException("token", id);
        }

        if (token.RevokedAt is null)
        {
            token.RevokedAt = clock.GetUtcNow();
            audit.Add(store, user, "token.revoke", $"token {id}", new { token.Name });
            await store.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>Which token a secret is, whom it acts for and with which role, or null when it does not or no longer work.</summary>
    internal async Task<(Guid Id, StudioUser User, StudioRole Role)?> FindAsync(string secret, CancellationToken cancellationToken)
    {
        if (!secret.StartsWith(Start, StringComparison.Ordinal) || secret.Length > 100)
        {
            return null;
        }

        var hash = HashOf(secret);
        var now = clock.GetUtcNow();
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var found = await (
            from token in Valid(store, now).AsNoTracking()
            join owner in store.Users on token.UserId equals owner.Id
            join role in store.UserRoles on owner.Id equals role.UserId
            where token.Hash == hash && owner.DisabledAt == null
            select new { token, owner, role.RoleId }).FirstOrDefaultAsync(cancellationToken);
        if (found is null || StudioRoles.OfRow(found.RoleId) is not { } ownerRole || TokenScopes.RoleOf(found.token.Scopes, ownerRole) is not { } acting)
        {
            return null;
        }

        if (found.token.LastUsedAt is not { } last || now - last > UseResolution)
        {
            await store.ApiTokens.Where(row => row.Id == found.token.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.LastUsedAt, now), cancellationToken);
        }

        return (found.token.Id, found.owner, acting);
    }

    /// <summary>The tokens that are neither revoked nor expired.</summary>
    internal static IQueryable<ApiToken> Valid(StudioDbContext store, DateTimeOffset now) =>
        store.ApiTokens.Where(token => token.RevokedAt == null && (token.ExpiresAt == null || token.ExpiresAt > now));

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static TokenView View(ApiToken token, string userName) => new(
        token.Id, token.UserId, userName, token.Name, token.Prefix, token.Scopes, token.CreatedAt, token.ExpiresAt, token.LastUsedAt, token.RevokedAt);

    private void Check(ClaimsPrincipal user, NewToken wanted)
    {
        var errors = new Dictionary<string, string>();
        if (wanted.Name.Trim() is not { Length: >= 1 and <= 200 } || wanted.Name.Any(char.IsControl))
        {
            errors["name"] = "The name must have 1 to 200 characters.";
        }

        if (wanted.Scopes.Count == 0 || wanted.Scopes.Any(scope => scope is null || !TokenScopes.All.ContainsKey(scope)))
        {
            errors["scopes"] = $"Scopes must be some of {string.Join(", ", TokenScopes.All.Keys)}.";
        }
        else if (wanted.Scopes.Any(scope => !user.Is(TokenScopes.All[scope])))
        {
            errors["scopes"] = $"A token may do no more than you: you are {user.Role()!.Value.Name()}.";
        }

        if (wanted.ExpiresAt <= clock.GetUtcNow())
        {
            errors["expiresAt"] = "The expiry must be in the future.";
        }

        if (errors.Count > 0)
        {
            throw new InputException(errors);
        }
    }
}
