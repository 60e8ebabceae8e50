using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Accounts;
using StableRep.Api.Tests;
using StableRep.Data.Accounts;
using StableRep.Testing;
using StableRep.Web.Tests.Accounts;

namespace StableRep.Web.Tests.Browser;

/// <summary>A team's node in a browser: from the first admin's link to a viewer who only looks.</summary>
public sealed class TeamTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private StudioApplication _team = null!;

    /// <summary>The pages of the account, with and without a login.</summary>
    public static TheoryData<string> AccountPages => ["/account/login", "/account/first-admin", "/account/invitation", "/account/denied", "/account", "/account/password"];

    protected override Uri Address => _team.Address;

    private string FirstAdmin => _team.Services.GetRequiredService<FirstAdminLink>().Path();

    /// <summary>Logs in by the page's form.</summary>
    internal static async Task LogInAsync(IPage page, string userName, string password)
    {
        await page.GotoAsync("/account/login");
        await page.GetByLabel("User name").FillAsync(userName);
        await page.GetByLabel("Password").FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await LiveAsync(page);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _team.DisposeAsync();
    }

    [Fact]
    public async Task The_first_admin_invites_a_viewer_who_sees_the_work_and_nothing_to_change_it()
    {
        // Without an admin the login says what to do.
        await Page.GotoAsync("/");
        await Page.GetByText("This studio has no admin yet").WaitForAsync();
        await Page.GotoAsync(FirstAdmin);
        await Page.GetByLabel("User name").FillAsync("root");
        await Page.GetByLabel("Your name").FillAsync("Rosalind Root");
        await ChooseAsync(Page, "short but twelve", "not the same at all");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Page.GetByText("The two passwords are not the same").WaitForAsync();
        Assert.Equal("root", await Page.GetByLabel("User name").InputValueAsync());
        await ChooseAsync(Page, TeamStudio.Password, TeamStudio.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Page.WaitForURLAsync("**/account/login");
        await LogInAsync(Page, "root", TeamStudio.Password);

        // The link was good once.
        var late = await NewPageAsync();
        await late.GotoAsync(FirstAdmin);
        await late.GetByText("The studio has an admin already").WaitForAsync();

        await Page.GotoAsync("/account");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Page.WaitForURLAsync("**/account/login");
        await Page.GetByLabel("User name").FillAsync("root");
        await Page.GetByLabel("Password").FillAsync("not the password");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Page.GetByRole(AriaRole.Alert).GetByText("There is no account with this user name and password").WaitForAsync();
        Assert.Equal("root", await Page.GetByLabel("User name").InputValueAsync());

        // A login leads to where it was asked for.
        await Page.GotoAsync("/admin/users");
        await Page.WaitForURLAsync("**/account/login?returnUrl=*");
        await Page.GetByLabel("User name").FillAsync("root");
        await Page.GetByLabel("Password").FillAsync(TeamStudio.Password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Page.WaitForURLAsync("**/admin/users");
        await LiveAsync(Page);
        var link = await InviteAsync("ada", "Ada Lovelace", "viewer");

        var ada = await NewPageAsync();
        await ada.GotoAsync(link);
        await ada.GetByText("your user name, ada").WaitForAsync();
        await ChooseAsync(ada, TeamStudio.Password, TeamStudio.Password);
        await ada.GetByRole(AriaRole.Button, new() { Name = "Set the password" }).ClickAsync();
        await ada.WaitForURLAsync("**/account/login");
        await LogInAsync(ada, "ada", TeamStudio.Password);
        await SeesNothingToChangeAsync(ada);

        // Her link was good once.
        var second = await NewPageAsync();
        await second.GotoAsync(link);
        await second.GetByText("This link was used already or is too old").WaitForAsync();

        // The admin sees that she is in.
        await OpenAsync(Page, "/admin/users");
        await Page.Locator("tr", new() { HasText = "Ada Lovelace" }).GetByText("active").WaitForAsync();
        await Page.Locator("tr", new() { HasText = "Local user" }).GetByText("cannot log in").WaitForAsync();
        Assert.DoesNotContain(Errors, error => !error.StartsWith("Failed to load resource", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_that_is_open_when_its_person_logs_out_elsewhere_asks_for_a_login_by_itself()
    {
        var id = await TeamStudio.AddPersonAsync(_team, "ada", StudioRole.Viewer);
        await LogInAsync(Page, "ada", TeamStudio.Password);
        await OpenAsync(Page, "/experiments");
        await _team.Services.GetRequiredService<AccountService>().ChangeAsync(
            await _team.People.PrincipalAsync(StudioRole.Admin), id, new PersonChange { Disabled = true }, Stop);
        await Page.WaitForURLAsync("**/account/login?returnUrl=%2Fexperiments", new() { Timeout = 60_000 });
    }

    [Theory]
    [MemberData(nameof(AccountPages))]
    public async Task A_page_of_the_account_fits_a_phone_and_has_no_serious_accessibility_finding(string address)
    {
        await TeamStudio.AddPersonAsync(_team, "ada", StudioRole.Viewer, "Ada, Countess of Lovelace, with a name that is long enough to be broken");
        var invitation = await InvitationAsync("an-invited-person-with-a-name-that-is-long-enough");
        foreach (var (width, dark) in ((int, bool)[])[(1280, false), (360, true)])
        {
            var page = await NewPageAsync(width, dark);
            if (address is "/account" or "/account/password" or "/account/denied")
            {
                await LogInAsync(page, "ada", TeamStudio.Password);
            }

            await page.GotoAsync(address switch { "/account/invitation" => invitation, "/account/first-admin" => FirstAdmin, _ => address });
            await page.Locator("h1").WaitForAsync();
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{address} is wider than {width} px.");
            var findings = await Axe.FindingsAsync(page, Stop);
            Assert.True(findings.Count == 0, $"{address} ({width} px):\n{string.Join('\n', findings)}");
        }

        Assert.DoesNotContain(Errors, error => !error.StartsWith("Failed to load resource", StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    public async Task Take_pictures()
    {
        (int Width, bool Dark, string Look)[] looks = [(1280, false, "light-desktop"), (1280, true, "dark-desktop"), (360, false, "light-phone"), (360, true, "dark-phone")];
        foreach (var (width, dark, look) in looks)
        {
            await TakeAsync(await NewPageAsync(width, dark), "account-first-admin", look, FirstAdmin);
        }

        await TeamStudio.AddPersonAsync(_team, "root", StudioRole.Admin, "Rosalind Root");
        await TeamStudio.AddPersonAsync(_team, "ada", StudioRole.Viewer, "Ada Lovelace");
        foreach (var (width, dark, look) in looks)
        {
            var page = await NewPageAsync(width, dark);
            await TakeAsync(page, "account-invitation", look, await InvitationAsync($"person-{look}"));
            await TakeAsync(page, "account-invitation-used", look, "/account/invitation");
            await TakeAsync(page, "account-login", look, "/account/login");
            await page.GetByLabel("User name").FillAsync("ada");
            await page.GetByLabel("Password").FillAsync("not the password");
            await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
            await page.GetByRole(AriaRole.Alert).WaitForAsync();
            await TakeAsync(page, "account-login-refused", look);
            await LogInAsync(page, "ada", TeamStudio.Password);
            await TakeAsync(page, "viewer-home", look, "/");
            await TakeAsync(page, "viewer-denied", look, "/admin/users");
            await TakeAsync(page, "account-denied", look, "/account/denied");
            await TakeAsync(page, "account", look, "/account");
            await TakeAsync(page, "account-password", look, "/account/password");
            var admin = await NewPageAsync(width, dark);
            await LogInAsync(admin, "root", TeamStudio.Password);
            await TakeAsync(admin, "admin-users-team", look, "/admin/users");
        }
    }

    protected override async Task StartAsync()
    {
        _team = await TeamStudio.StartAsync(Cluster);
        await Studio.StartBrowserAsync();
    }

    private static async Task TakeAsync(IPage page, string name, string look, string? address = null)
    {
        if (address is not null)
        {
            await page.GotoAsync(address);
        }

        await Screens.TakeAsync(page, $"{name}-{look}");
    }

    private static async Task ChooseAsync(IPage page, string password, string repeated)
    {
        await page.GetByLabel("New password, at least 12 characters").FillAsync(password);
        await page.GetByLabel("The same again").FillAsync(repeated);
    }

    private static async Task SeesNothingToChangeAsync(IPage page)
    {
        foreach (var address in (string[])["/", "/experiments", "/caption-sets", "/generators", "/probe-datasets", "/review", "/compare", "/sweeps"])
        {
            await OpenAsync(page, address);
            await Assertions.Expect(page.Locator(".loading")).ToHaveCountAsync(0);
            foreach (var word in (string[])["New experiment", "New sweep", "Make a sweep", "Launch", "Upload", "Pull", "Delete", "Users", "Jobs", "Playground"])
            {
                var found = page.GetByRole(AriaRole.Button, new() { Name = word }).Or(page.GetByRole(AriaRole.Link, new() { Name = word }));
                Assert.True(await found.CountAsync() == 0, $"{address} offers a viewer '{word}'.");
            }
        }

        foreach (var address in (string[])["/admin/users", "/admin/hangfire", "/experiments/new", "/sweeps/new", "/playground"])
        {
            await page.GotoAsync(address);
            await page.WaitForURLAsync("**/account/denied?*");
            await page.GetByRole(AriaRole.Heading, new() { Name = "This is not for your role" }).WaitForAsync();
        }

        await page.GetByRole(AriaRole.Link, new() { Name = "Back to the studio" }).ClickAsync();
        await LiveAsync(page);
    }

    private async Task<string> InvitationAsync(string userName) => (await _team.Services.GetRequiredService<AccountService>().InviteAsync(
        await _team.People.PrincipalAsync(StudioRole.Researcher), new NewPerson { UserName = userName }, Stop)).Path;

    private async Task<string> InviteAsync(string userName, string name, string role)
    {
        await Page.GetByLabel("User name", new() { Exact = true }).FillAsync(userName);
        await Page.GetByLabel("Name that others see").FillAsync(name);
        await Page.Locator(".make-fields .mud-select").First.ClickAsync();
        await Page.Locator(".mud-popover-open .mud-list-item", new() { HasText = role }).ClickAsync();
        // The select closes its list before it takes the choice: an invitation in between is for the role that is still shown.
        await Assertions.Expect(Page.Locator(".make-fields .mud-select").First).ToContainTextAsync(role);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Invite" }).ClickAsync();
        return await Page.Locator(".make-secret code").InnerTextAsync();
    }
}
