using System.Security.Claims;
using System.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Hosting;
using StableRep.Api.Tests;
using StableRep.Data.Accounts;
using StableRep.Testing;
using StableRep.Web.Hosting;

namespace StableRep.Web.Tests.Accounts;

/// <summary>A node with its pages, on which people log in, in this process.</summary>
internal static class TeamStudio
{
    /// <summary>Everybody's password.</summary>
    public const string Password = "twelve letters and more";

    private static readonly ClaimsPrincipal Nobody = new(new ClaimsIdentity());

    /// <summary>Starts one on a database of its own.</summary>
    public static Task<StudioApplication> StartAsync(TestCluster cluster, TimeProvider? clock = null, params (string Key, string Value)[] settings) =>
        StudioApplication.StartAsync(cluster, AccountMode.Team, builder => Configure(builder, clock, settings), Dashboard.Add, Dashboard.Map);

    /// <summary>Starts one on a database that another node has too.</summary>
    public static Task<StudioApplication> StartAsync(StudioDatabase database, string folder) =>
        StudioApplication.StartAsync(database, folder, AccountMode.Team, builder => Configure(builder, null, []), Dashboard.Add, Dashboard.Map);

    /// <summary>Invites a person, who accepts.</summary>
    /// <returns>The person's id.</returns>
    public static async Task<Guid> AddPersonAsync(StudioApplication studio, string name, StudioRole role, string? displayName = null)
    {
        var accounts = studio.Services.GetRequiredService<AccountService>();
        var invitation = await accounts.InviteAsync(Nobody, new NewPerson { UserName = name, DisplayName = displayName, Role = role });
        await accounts.AcceptInvitationAsync(invitation.Id, HttpUtility.ParseQueryString(invitation.Path.Split('?')[1])["token"]!, Password);
        return invitation.Id;
    }

    private static void Configure(WebApplicationBuilder builder, TimeProvider? clock, (string Key, string Value)[] settings)
    {
        builder.WebHost.UseStaticWebAssets();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value)));
        if (clock is not null)
        {
            builder.Services.AddSingleton(clock);
        }
    }
}
