using AngleSharp.Dom;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using MudBlazor.Services;
using StableRep.Api.Accounts;
using StableRep.Api.Tests;
using StableRep.Data.Accounts;
using StableRep.Testing;
using StableRep.Web.Admin;
using StableRep.Web.Tests.Accounts;

namespace StableRep.Web.Tests.Admin;

/// <summary>The page of the people, drawn from a store with some.</summary>
public sealed class UsersPageTests(TestCluster cluster) : BunitContext
{
    [Theory]
    [InlineData(AccountMode.Single, "you, on this machine, without a login")]
    [InlineData(AccountMode.Team, "of the single-user mode; cannot log in")]
    public async Task The_local_user_is_shown_as_what_it_is_and_has_nothing_to_change(AccountMode mode, string state)
    {
        await using var studio = await TeamStudio.StartAsync(cluster);
        var cells = await RowAsync(studio, mode, "local");
        Assert.Equal(["Local user", "local", "admin", "–", state, ""], cells.Select(cell => cell.TextContent.Trim()));
        Assert.Empty(cells.SelectMany(cell => cell.QuerySelectorAll("button, input")));
    }

    [Fact]
    public async Task Invited_people_have_the_day_they_were_invited_and_what_can_be_done_with_them()
    {
        await using var studio = await TeamStudio.StartAsync(cluster);
        await studio.Services.GetRequiredService<AccountService>().InviteAsync(
            await studio.People.PrincipalAsync(StudioRole.Admin), new NewPerson { UserName = "ada", DisplayName = "Ada Lovelace" }, Xunit.TestContext.Current.CancellationToken);
        var cells = await RowAsync(studio, AccountMode.Team, "ada");
        Assert.Equal(("Ada Lovelace", "invited"), (cells[0].TextContent.Trim(), cells[4].TextContent.Trim()));
        Assert.StartsWith("20", cells[3].TextContent.Trim(), StringComparison.Ordinal);
        Assert.Equal(["New link", "Keep out"], cells[5].QuerySelectorAll("button").Select(button => button.TextContent.Trim()));
    }

    private async Task<IReadOnlyList<IElement>> RowAsync(StudioApplication studio, AccountMode mode, string userName)
    {
        Services.AddMudServices();
        Services.AddSingleton(TimeProvider.System);
        Services.AddSingleton(studio.Services.GetRequiredService<AccountService>());
        Services.AddSingleton(new AccountAccess(mode));
        JSInterop.Mode = JSRuntimeMode.Loose;
        AddAuthorization().SetAuthorized("root").SetPolicies(Policies.Admin);
        Render<MudPopoverProvider>();
        var page = Render<UsersPage>();
        await page.WaitForElementAsync("table", TimeSpan.FromSeconds(20));
        return [.. page.FindAll("tbody tr").Single(row => row.Children[1].TextContent.Trim() == userName).Children];
    }
}
