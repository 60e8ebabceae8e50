using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Data;
using StableRep.Data.Accounts;

namespace StableRep.Api.Accounts;

/// <summary>The people of the studio. Pages and the API call the same methods.</summary>
public sealed class AccountService(IServiceScopeFactory scopes, AuditLog audit, AccountAccess access, TimeProvider clock)
{
    // Decisions about the last admin are taken one at a time: the word "admins" in ASCII.
    private const long AdminsLock = 0x61646d696e73;

    /// <summary>Everybody, by user name.</summary>
    public async Task<IReadOnlyList<Person>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = StoreOf(scope);
        return await Show(store, store.Users.OrderBy(user => user.UserName)).ToListAsync(cancellationToken);
    }

    /// <summary>One person.</summary>
    /// <exception cref="MissingException">There is no such person.</exception>
    public async Task<Person> GetAsync(Guid id, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await GetAsync(StoreOf(scope), id, cancellationToken);
    }

    /// <summary>Makes an account and the link with which its person chooses a password.</summary>
    /// <exception cref="InputException">A field is wrong or the name is taken.</exception>
    public async Task<Invitation> InviteAsync(ClaimsPrincipal by, NewPerson wanted, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = StoreOf(scope);
        var users = UsersOf(scope);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        var user = await AddAsync(users, wanted.UserName, wanted.DisplayName, wanted.Role, null);
        audit.Add(store, by, "user.invite", $"user {user.Id}", new { user.UserName, wanted.Role });
        await store.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new Invitation(user.Id, await InvitationPathAsync(users, user), await GetAsync(store, user.Id, cancellationToken));
    }

    /// <summary>Makes a new link, for whom the first one did not reach or who forgot the password. The old password works until it is used.</summary>
    /// <exception cref="MissingException">There is no such person.</exception>
    public async Task<Invitation> InviteAgainAsync(ClaimsPrincipal by, Guid id, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = StoreOf(scope);
        var users = UsersOf(scope);
        var user = await FindAsync(users, id);
        audit.Add(store, by, "user.invite_again", $"user {id}", new { user.UserName });
        await store.SaveChangesAsync(cancellationToken);
        return new Invitation(id, await InvitationPathAsync(users, user), await GetAsync(store, id, cancellationToken));
    }

    /// <summary>The user name of whom an invitation's link is for; null when it was used already or is too old.</summary>
    public async Task<string?> FindInvitedAsync(Guid id, string token)
    {
        await using var scope = scopes.CreateAsyncScope();
        return (await InvitedAsync(UsersOf(scope), id, token))?.UserName;
    }

    /// <summary>Sets the password of an invited person. The link is good once.</summary>
    /// <exception cref="InputException">The link is used up or too old, or the password is too weak.</exception>
    public async Task AcceptInvitationAsync(Guid id, string token, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = UsersOf(scope);
        var user = await InvitedAsync(users, id, token)
            ?? throw new InputException("token", "This link was used already or is too old: ask an admin for another.");
        Require(await users.ResetPasswordAsync(user, Decode(token), password));
        await audit.WriteAsync(null, "user.set_password", $"user {id}", new { user.UserName });
    }

    /// <summary>Changes a person's name or role, keeps the person out or lets them in again. Their logins then end: on pages that are open, within a minute.</summary>
    /// <exception cref="MissingException">There is no such person.</exception>
    /// <exception cref="ConflictException">Nobody could look after the studio any more.</exception>
    public async Task<Person> ChangeAsync(ClaimsPrincipal by, Guid id, PersonChange change, CancellationToken cancellationToken = default)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = StoreOf(scope);
        var users = UsersOf(scope);
        await using var transaction = await store.Database.BeginTransactionAsync(cancellationToken);
        await store.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AdminsLock})", cancellationToken);
        var user = await FindAsync(users, id);
        if (change.DisplayName is { } name)
        {
            user.DisplayName = CheckedName(name);
        }

        var stops = change.Disabled == true || change.Role < StudioRole.Admin;
        if (stops && !await Admins(store).AnyAsync(admin => admin.Id != id, cancellationToken) && await Admins(store).AnyAsync(admin => admin.Id == id, cancellationToken))
        {
            throw new ConflictException($"'{user.UserName}' is the only admin: make somebody else an admin first.");
        }

        if (change.Role is { } role)
        {
            await users.RemoveFromRolesAsync(user, await users.GetRolesAsync(user));
            Require(await users.AddToRoleAsync(user, role.Name()));
        }

        if (change.Disabled is { } disabled)
        {
            user.DisabledAt = disabled ? user.DisabledAt ?? clock.GetUtcNow() : null;
        }

        Require(change.Role is null && change.Disabled is null ? await users.UpdateAsync(user) : await users.UpdateSecurityStampAsync(user));
        audit.Add(store, by, "user.change", $"user {id}", change);
        await store.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return await GetAsync(store, id, cancellationToken);
    }

    /// <summary>Changes one's own password.</summary>
    /// <exception cref="InputException">The current password is wrong or the new one too weak.</exception>
    public async Task ChangePasswordAsync(ClaimsPrincipal person, string current, string wanted)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = UsersOf(scope);
        Require(await users.ChangePasswordAsync(await FindAsync(users, person.UserId()!.Value), current, wanted));
        await audit.WriteAsync(person, "user.change_password", $"user {person.UserId()}");
    }

    /// <summary>Whether people log in here and nobody could let the first one in.</summary>
    public async Task<bool> NeedsFirstAdminAsync(CancellationToken cancellationToken = default)
    {
        if (access.Mode == AccountMode.Single)
        {
            return false;
        }

        await using var scope = scopes.CreateAsyncScope();
        return !await Admins(StoreOf(scope)).AnyAsync(cancellationToken);
    }

    /// <summary>Makes the first admin, once in the life of a store.</summary>
    /// <exception cref="ConflictException">There is an admin already.</exception>
    /// <exception cref="InputException">A field is wrong.</exception>
    internal async Task CreateFirstAdminAsync(string userName, string? displayName, string password)
    {
        await using var scope = scopes.CreateAsyncScope();
        var store = StoreOf(scope);
        await using var transaction = await store.Database.BeginTransactionAsync();
        await store.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AdminsLock})");
        if (await Admins(store).AnyAsync())
        {
            throw new ConflictException("The studio has an admin already: this link was good once.");
        }

        var user = await AddAsync(UsersOf(scope), userName, displayName, StudioRole.Admin, password);
        audit.Add(store, null, "user.first_admin", $"user {user.Id}", new { user.UserName });
        await store.SaveChangesAsync();
        await transaction.CommitAsync();
    }

    private static StudioDbContext StoreOf(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<StudioDbContext>();

    private static UserManager<StudioUser> UsersOf(AsyncServiceScope scope) => scope.ServiceProvider.GetRequiredService<UserManager<StudioUser>>();

    private static async Task<string> InvitationPathAsync(UserManager<StudioUser> users, StudioUser user) =>
        $"/account/invitation?user={user.Id}&token={WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(await users.GeneratePasswordResetTokenAsync(user)))}";

    private static async Task<StudioUser?> InvitedAsync(UserManager<StudioUser> users, Guid id, string token)
    {
        var user = id == StudioUser.LocalId ? null : await users.FindByIdAsync(id.ToString());
        return user is { DisabledAt: null }
            && await users.VerifyUserTokenAsync(user, users.Options.Tokens.PasswordResetTokenProvider, UserManager<StudioUser>.ResetPasswordTokenPurpose, Decode(token)) ? user : null;
    }

    private static string Decode(string token)
    {
        try
        {
            return Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(token));
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private static async Task<StudioUser> FindAsync(UserManager<StudioUser> users, Guid id) =>
        id == StudioUser.LocalId ? throw new ConflictException("The local user of the single-user mode cannot be changed and has no password.")
            : await users.FindByIdAsync(id.ToString()) ?? throw new MissingException("user", id);

    private static async Task<Person> GetAsync(StudioDbContext store, Guid id, CancellationToken cancellationToken) =>
        await Show(store, store.Users.Where(user => user.Id == id)).SingleOrDefaultAsync(cancellationToken) ?? throw new MissingException("user", id);

    private static IQueryable<StudioUser> Admins(StudioDbContext store)
    {
        var admin = StudioRole.Admin.RowId();
        return store.Users.Where(user => user.PasswordHash != null && user.DisabledAt == null
            && store.UserRoles.Any(row => row.UserId == user.Id && row.RoleId == admin));
    }

    private static IQueryable<Person> Show(StudioDbContext store, IQueryable<StudioUser> users)
    {
        var (researcher, admin) = (StudioRole.Researcher.RowId(), StudioRole.Admin.RowId());
        return users.Select(user => new Person(
            user.Id,
            user.UserName!,
            user.DisplayName,
            store.UserRoles.Any(row => row.UserId == user.Id && row.RoleId == admin) ? StudioRole.Admin
                : store.UserRoles.Any(row => row.UserId == user.Id && row.RoleId == researcher) ? StudioRole.Researcher : StudioRole.Viewer,
            user.PasswordHash != null,
            user.CreatedAt,
            user.DisabledAt,
            user.LockoutEnd));
    }

    private static string CheckedName(string name) => name.Trim() is { Length: >= 1 and <= 200 } trimmed && !trimmed.Any(char.IsControl)
        ? trimmed : throw new InputException("displayName", "The name must have 1 to 200 characters.");

    private static void Require(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new InputException(result.Errors
                .GroupBy(error => error.Code.Contains("Password", StringComparison.Ordinal) ? "password" : error.Code.Contains("UserName", StringComparison.Ordinal) ? "userName" : "user")
                .ToDictionary(group => group.Key, group => string.Join(" ", group.Select(error => error.Description))));
        }
    }

    private async Task<StudioUser> AddAsync(UserManager<StudioUser> users, string userName, string? displayName, StudioRole role, string? password)
    {
        if (userName.Length is < 1 or > 100)
        {
            throw new InputException("userName", "The user name must have 1 to 100 characters.");
        }

        var user = new StudioUser
        {
            Id = Guid.CreateVersion7(clock.GetUtcNow()),
            UserName = userName,
            DisplayName = CheckedName(string.IsNullOrWhiteSpace(displayName) ? userName : displayName),
            CreatedAt = clock.GetUtcNow(),
            LockoutEnabled = true,
        };
        Require(password is null ? await users.CreateAsync(user) : await users.CreateAsync(user, password));
        Require(await users.AddToRoleAsync(user, role.Name()));
        return user;
    }
}
