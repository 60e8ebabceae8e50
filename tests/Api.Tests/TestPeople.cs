using System.Net.Http.Headers;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Data;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests;

/// <summary>The people of a node under test: one for each role, who shows a token with all of the role's scopes.</summary>
internal sealed class TestPeople(IServiceProvider services)
{
    private readonly Dictionary<StudioRole, (StudioUser User, string Secret)> _people = [];

    /// <summary>A client for a person with a role; without one, for nobody.</summary>
    public async Task<HttpClient> CreateClientAsync(Uri address, StudioRole? role)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address };
        if (role is { } known)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await SecretAsync(known));
        }

        return client;
    }

    /// <summary>The id of the person with a role.</summary>
    public async Task<Guid> UserIdAsync(StudioRole role) => (await FindAsync(role)).User.Id;

    /// <summary>The secret that the person with a role shows.</summary>
    public async Task<string> SecretAsync(StudioRole role) => (await FindAsync(role)).Secret;

    /// <summary>The person with a role, as the services know who asks.</summary>
    public async Task<ClaimsPrincipal> PrincipalAsync(StudioRole role) => Principal((await FindAsync(role)).User, role);

    private static ClaimsPrincipal Principal(StudioUser user, StudioRole role) => new(StudioPrincipal.Create(user, role, "test"));

    private async Task<(StudioUser User, string Secret)> FindAsync(StudioRole role)
    {
        if (_people.TryGetValue(role, out var known))
        {
            return known;
        }

        var user = new StudioUser { Id = Guid.NewGuid(), UserName = role.Name() + "-person", NormalizedUserName = role.Name().ToUpperInvariant() + "-PERSON", DisplayName = $"The {role.Name()}", SecurityStamp = "test" };
        await using (var store = await services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync())
        {
            store.Users.Add(user);
            store.UserRoles.Add(new IdentityUserRole<Guid> { UserId = user.Id, RoleId = role.RowId() });
            await store.SaveChangesAsync();
        }

        var scopes = TokenScopes.All.Where(scope => scope.Value <= role).Select(scope => scope.Key).ToList();
        var token = await services.GetRequiredService<TokenService>().CreateAsync(Principal(user, role), new NewToken { Name = "test", Scopes = scopes });
        return _people[role] = (user, token.Secret);
    }
}
