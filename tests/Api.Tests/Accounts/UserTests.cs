using System.Net;
using System.Net.Http.Json;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Accounts;

public sealed class UserTests(SharedStudio shared) : IClassFixture<SharedStudio>
{
    private const string Password = "twelve letters and more";
    private static readonly Uri Users = new("/api/v1/users", UriKind.Relative);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private AccountService Accounts => shared.Studio.Services.GetRequiredService<AccountService>();

    private FirstAdminLink Link => shared.Studio.Services.GetRequiredService<FirstAdminLink>();

    private string FirstToken => HttpUtility.ParseQueryString(Link.Path().Split('?')[1])["token"]!;

    [Fact]
    public async Task The_first_admin_is_made_once_by_a_link_and_stays_as_long_as_there_is_no_other()
    {
        Assert.True(await Accounts.NeedsFirstAdminAsync(Stop));
        await Assert.ThrowsAsync<InputException>(() => Link.CreateAdminAsync("forged", "root", null, Password));
        var weak = await Assert.ThrowsAsync<InputException>(() => Link.CreateAdminAsync(FirstToken, "root", null, "short"));
        Assert.Contains("password", weak.Errors.Keys);
        var race = await Task.WhenAll(Enumerable.Range(0, 4).Select(async index =>
        {
            try
            {
                await Link.CreateAdminAsync(FirstToken, $"root{index}", null, Password);
                return true;
            }
            catch (ConflictException)
            {
                return false;
            }
        }));
        Assert.Single(race, won => won);
        Assert.False(await Accounts.NeedsFirstAdminAsync(Stop));

        var root = Assert.Single(await Accounts.ListAsync(Stop), person => person.UserName.StartsWith("root", StringComparison.Ordinal));
        Assert.Equal(StudioRole.Admin, root.Role);
        using var last = await shared.Admin.PatchAsJsonAsync($"/api/v1/users/{root.Id}", new { disabled = true }, Stop);
        Assert.Equal(HttpStatusCode.Conflict, last.StatusCode);
    }

    [Fact]
    public async Task An_invited_person_chooses_a_password_by_a_link_that_is_good_once()
    {
        var invitation = await InviteAsync(new { userName = "ada", displayName = "Ada", role = "researcher" });
        Assert.False(invitation.User.HasPassword);
        var query = HttpUtility.ParseQueryString(invitation.Path.Split('?')[1]);
        await Accounts.AcceptInvitationAsync(invitation.Id, query["token"]!, Password);
        await Assert.ThrowsAsync<InputException>(() => Accounts.AcceptInvitationAsync(invitation.Id, query["token"]!, Password + "2"));

        var person = await shared.Admin.GetFromJsonAsync<Person>($"/api/v1/users/{invitation.Id}", StudioJson.Options, Stop);
        Assert.Equal(("ada", "Ada", StudioRole.Researcher, true), (person!.UserName, person.DisplayName, person.Role, person.HasPassword));
    }

    [Fact]
    public async Task A_changed_role_and_a_disabled_account_hold_for_tokens_at_once()
    {
        using var researcher = await shared.Studio.CreateClientAsync(StudioRole.Researcher);
        var id = await shared.Studio.UserIdAsync(StudioRole.Researcher);
        using var lowered = await shared.Admin.PatchAsJsonAsync($"/api/v1/users/{id}", new { role = "viewer" }, Stop);
        Assert.Equal(HttpStatusCode.OK, lowered.StatusCode);
        Assert.Equal(StudioRole.Viewer, (await researcher.GetFromJsonAsync<Me>("/api/v1/me", StudioJson.Options, Stop))!.Role);
        using var disabled = await shared.Admin.PatchAsJsonAsync($"/api/v1/users/{id}", new { disabled = true }, Stop);
        Assert.Equal(HttpStatusCode.OK, disabled.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await researcher.GetAsync(new Uri("/api/v1/me", UriKind.Relative), Stop)).StatusCode);
        var audit = await shared.Admin.GetStringAsync(new Uri($"/api/v1/audit?filter=target%3D%22user%20{id}%22", UriKind.Relative), Stop);
        Assert.Contains("user.change", audit, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"userName":""}""", "userName")]
    [InlineData("""{"userName":"a b<script>"}""", "userName")]
    [InlineData("""{"userName":"x","role":"king"}""", "role")]
    [InlineData("""{"userName":"x","role":2}""", "role")]
    [InlineData("""{"userName":null}""", "userName")]
    [InlineData("""{"displayName":"x"}""", "userName")]
    [InlineData("""{"userName":"x","admin":true}""", "admin")]
    [InlineData("""{"userName":"local"}""", "userName")]
    [InlineData("""{"userName":NaN}""", "userName")]
    [InlineData("""[]""", "body")]
    public async Task A_wrong_invitation_is_refused_with_its_field(string json, string field)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await shared.Admin.PostAsync(Users, content, Stop);
        var body = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, body);
        Assert.Contains($"\"errors\":{{\"{field}\":", body, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", body, StringComparison.Ordinal);
    }

    private async Task<Invitation> InviteAsync(object wanted)
    {
        using var response = await shared.Admin.PostAsJsonAsync(Users, wanted, Stop);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<Invitation>(StudioJson.Options, Stop))!;
    }
}
