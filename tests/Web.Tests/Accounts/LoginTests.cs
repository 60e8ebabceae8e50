using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Tests;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Web.Tests.Accounts;

/// <summary>Logging in and out of a team's node, as a browser does it and as those who mean ill try it.</summary>
public sealed class LoginTests(TestCluster cluster) : IAsyncLifetime
{
    private const string Login = "studio";

    private readonly MovableClock _clock = new();
    private StudioApplication _studio = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _studio = await TeamStudio.StartAsync(cluster, _clock);

    public ValueTask DisposeAsync() => _studio.DisposeAsync();

    [Fact]
    public async Task A_logins_cookie_is_out_of_reach_of_scripts_and_other_sites_and_ends_with_the_browser_unless_it_is_to_be_kept()
    {
        await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        using var visitor = NewVisitor();
        using var page = await visitor.GetAsync("/account/login");
        var form = CookieOf(page, "studio-form");
        Assert.Contains("httponly", form);
        Assert.Contains("samesite=strict", form);
        using var login = await visitor.LogInAsync("ada");
        var cookie = CookieOf(login, Login);
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=lax", cookie);
        Assert.Contains("path=/", cookie);
        Assert.DoesNotContain("secure", cookie);
        Assert.DoesNotContain(cookie, part => part.StartsWith("expires=", StringComparison.Ordinal) || part.StartsWith("domain=", StringComparison.Ordinal));

        using var other = NewVisitor();
        using var kept = await other.LogInAsync("ada", remember: true);
        var expires = Assert.Single(CookieOf(kept, Login), part => part.StartsWith("expires=", StringComparison.Ordinal))["expires=".Length..];
        Assert.Equal(14, (DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture) - _clock.GetUtcNow()).TotalDays, 0.1);
    }

    [Fact]
    public async Task Over_https_the_cookies_are_sent_over_https_only()
    {
        await using var behindProxy = await TeamStudio.StartAsync(cluster, null, ("Studio:KnownProxies:0", "127.0.0.1"));
        await TeamStudio.AddPersonAsync(behindProxy, "ada", StudioRole.Viewer);
        using var visitor = new Visitor(behindProxy.Address) { Headers = { ["X-Forwarded-Proto"] = "https", ["X-Forwarded-Host"] = "studio.example.org" } };
        using var page = await visitor.GetAsync("/account/login");
        Assert.Contains("secure", CookieOf(page, "studio-form"));
        Assert.True(page.Headers.Contains("Strict-Transport-Security"));
        using var login = await visitor.LogInAsync("ada");
        Assert.Contains("secure", CookieOf(login, Login));
        using var refused = await new Visitor(behindProxy.Address) { Headers = { ["X-Forwarded-Proto"] = "https", ["X-Forwarded-Host"] = "studio.example.org" } }.GetAsync("/experiments");
        Assert.StartsWith("https://studio.example.org/account/login", refused.Headers.Location?.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.1")]
    public async Task What_somebody_says_who_is_no_known_proxy_is_not_believed(string? known)
    {
        await using var studio = await TeamStudio.StartAsync(cluster, null, known is null ? [] : [("Studio:KnownProxies:0", known)]);
        await TeamStudio.AddPersonAsync(studio, "ada", StudioRole.Viewer);
        using var visitor = new Visitor(studio.Address) { Headers = { ["X-Forwarded-Proto"] = "https", ["X-Forwarded-Host"] = "evil.example" } };
        using var login = await visitor.LogInAsync("ada");
        Assert.DoesNotContain("secure", CookieOf(login, Login));
        using var stranger = new Visitor(studio.Address) { Headers = { ["X-Forwarded-Proto"] = "https", ["X-Forwarded-Host"] = "evil.example" } };
        using var refused = await stranger.GetAsync("/experiments");
        Assert.DoesNotContain("evil.example", refused.Headers.Location?.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_passwords_close_an_account_for_a_quarter_of_an_hour_and_no_other()
    {
        var ada = await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        await TeamStudio.AddPersonAsync(_studio, "ben", StudioRole.Viewer);
        using var visitor = NewVisitor();
        for (var count = 1; count <= 5; count++)
        {
            using var wrong = await visitor.LogInAsync("ada", "not the password");
            Assert.Contains(count < 5 ? "no account with this user name and password" : "closed for a quarter of an hour", await wrong.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        _clock.Advance(TimeSpan.FromMinutes(14));
        using (var locked = await visitor.LogInAsync("ada"))
        {
            Assert.Equal(HttpStatusCode.OK, locked.StatusCode);
            Assert.Contains("closed for a quarter of an hour", await locked.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
            Assert.False(visitor.Cookies.ContainsKey(Login));
        }

        Assert.True((await _studio.Services.GetRequiredService<AccountService>().GetAsync(ada, Stop)).LockedUntil > _clock.GetUtcNow());
        using (var other = NewVisitor())
        {
            Assert.Equal(HttpStatusCode.Redirect, (await other.LogInAsync("ben")).StatusCode);
        }

        _clock.Advance(TimeSpan.FromMinutes(1.1));
        using var open = await visitor.LogInAsync("ada");
        Assert.Equal("/", visitor.TargetOf(open));
        Assert.Equal(["user.login_refused", "user.login_refused", "user.login_refused", "user.login_refused", "user.login_refused", "user.login_refused", "user.login"], await DeedsAsync("user ada"));
    }

    [Fact]
    public async Task A_right_password_forgives_the_wrong_ones_before_it()
    {
        await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        using var visitor = NewVisitor();
        for (var round = 0; round < 2; round++)
        {
            for (var count = 0; count < 4; count++)
            {
                using var wrong = await visitor.LogInAsync("ada", "not the password");
            }

            using var right = await visitor.LogInAsync("ada");
            Assert.Equal(HttpStatusCode.Redirect, right.StatusCode);
        }
    }

    [Fact]
    public async Task Logging_out_ends_the_login_for_every_copy_of_its_cookie_and_no_other_login()
    {
        await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        using var visitor = NewVisitor();
        using var elsewhere = NewVisitor();
        using var login = await visitor.LogInAsync("ada", remember: true);
        using var otherLogin = await elsewhere.LogInAsync("ada");
        using var thief = new Visitor(_studio.Address) { Cookies = new(visitor.Cookies) };
        Assert.Equal(HttpStatusCode.OK, (await thief.GetAsync("/experiments")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await thief.GetAsync("/api/v1/me")).StatusCode);

        using var logout = await visitor.LogOutAsync();
        Assert.Equal("/account/login", visitor.TargetOf(logout));
        Assert.False(visitor.Cookies.ContainsKey(Login));
        Assert.Equal(HttpStatusCode.Redirect, (await thief.GetAsync("/experiments")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await thief.GetAsync("/api/v1/me")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await elsewhere.GetAsync("/experiments")).StatusCode);

        // What is remembered of ended logins goes with the cookies' own end.
        Assert.Equal(1, await EndedAsync());
        _clock.Advance(TimeSpan.FromDays(15));
        using var later = NewVisitor();
        using var again = await later.LogInAsync("ada");
        using var out2 = await later.LogOutAsync();
        Assert.Equal(1, await EndedAsync());
    }

    [Fact]
    public async Task Whoever_is_kept_out_or_gets_another_role_is_out_at_once_on_pages_that_are_open_too()
    {
        var ada = await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Researcher);
        var accounts = _studio.Services.GetRequiredService<AccountService>();
        var sessions = _studio.Services.GetRequiredService<LoginSessions>();
        var admin = await _studio.People.PrincipalAsync(StudioRole.Admin);
        using var visitor = NewVisitor();
        foreach (var change in (PersonChange[])[new() { Role = StudioRole.Viewer }, new() { Disabled = true }])
        {
            using var login = await visitor.LogInAsync("ada");
            Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/api/v1/me")).StatusCode);
            var open = await PrincipalAsync(ada);
            Assert.True(await sessions.HoldsAsync(open, Stop));
            await accounts.ChangeAsync(admin, ada, change, Stop);
            Assert.False(await sessions.HoldsAsync(open, Stop));
            Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.GetAsync("/api/v1/me")).StatusCode);
        }

        using (var refused = await visitor.LogInAsync("ada"))
        {
            Assert.Contains("no account with this user name and password", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        await accounts.ChangeAsync(admin, ada, new PersonChange { Disabled = false }, Stop);
        Assert.Equal(HttpStatusCode.Unauthorized, (await visitor.GetAsync("/api/v1/me")).StatusCode);
        using var back = await visitor.LogInAsync("ada");
        Assert.Equal(StudioRole.Viewer, (await (await visitor.GetAsync("/api/v1/me")).Content.ReadFromJsonAsync<Me>(StudioJson.Options, Stop))!.Role);
    }

    [Fact]
    public async Task A_changed_password_keeps_this_login_and_ends_all_others()
    {
        await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        using var here = NewVisitor();
        using var elsewhere = NewVisitor();
        using var one = await here.LogInAsync("ada");
        using var two = await elsewhere.LogInAsync("ada");
        using (var wrong = await here.SubmitAsync("/account/password", ("Current", "not the password"), ("Password", "another long password"), ("Repeated", "another long password")))
        {
            Assert.Equal(HttpStatusCode.OK, wrong.StatusCode);
            Assert.Contains("account-error", await wrong.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        using var changed = await here.SubmitAsync("/account/password", ("Current", TeamStudio.Password), ("Password", "another long password"), ("Repeated", "another long password"));
        Assert.Equal("/account", here.TargetOf(changed));
        Assert.Equal(HttpStatusCode.OK, (await here.GetAsync("/api/v1/me")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await elsewhere.GetAsync("/api/v1/me")).StatusCode);
    }

    [Theory]
    [InlineData("login")]
    [InlineData("first-admin")]
    [InlineData("invitation")]
    public async Task A_form_that_no_page_of_this_visitor_gave_is_refused(string page)
    {
        if (page == "login")
        {
            await TeamStudio.AddPersonAsync(_studio, "ben", StudioRole.Viewer);
        }

        var path = page switch
        {
            "login" => "/account/login",
            "first-admin" => _studio.Services.GetRequiredService<FirstAdminLink>().Path(),
            _ => (await _studio.Services.GetRequiredService<AccountService>().InviteAsync(await _studio.People.PrincipalAsync(StudioRole.Viewer), new NewPerson { UserName = "ben" }, Stop)).Path,
        };
        var before = await CountAsync();
        using var visitor = NewVisitor();
        using var stranger = NewVisitor();
        var hidden = Visitor.Hidden(await (await visitor.GetAsync(path)).Content.ReadAsStringAsync(Stop));
        KeyValuePair<string, string>[] fields = [new("Input.UserName", "ben"), new("Input.Password", TeamStudio.Password), new("Input.Repeated", TeamStudio.Password)];
        using var bare = await visitor.PostAsync(path, [new("_handler", hidden["_handler"]), .. fields]);
        Assert.Equal(HttpStatusCode.BadRequest, bare.StatusCode);
        using var other = await stranger.GetAsync(path);
        using var stolen = await stranger.PostAsync(path, [.. hidden, .. fields]);
        Assert.Equal(HttpStatusCode.BadRequest, stolen.StatusCode);
        Assert.False(visitor.Cookies.ContainsKey(Login) || stranger.Cookies.ContainsKey(Login));
        Assert.Equal(before, await CountAsync());
        using var honest = await visitor.PostAsync(path, [.. hidden, .. fields]);
        Assert.Equal(HttpStatusCode.Redirect, honest.StatusCode);
    }

    [Fact]
    public async Task A_login_that_another_site_sends_is_refused()
    {
        await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        using var visitor = NewVisitor();
        var hidden = Visitor.Hidden(await (await visitor.GetAsync("/account/login")).Content.ReadAsStringAsync(Stop));
        visitor.Headers["Origin"] = "https://evil.example";
        using var forged = await visitor.PostAsync("/account/login", [.. hidden, new("Input.UserName", "ada"), new("Input.Password", TeamStudio.Password)]);
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
    }

    [Theory]
    [InlineData("/experiments?tag=a", "/experiments?tag=a")]
    [InlineData("//evil.example/", "/")]
    [InlineData("/\\evil.example/", "/")]
    [InlineData("https://evil.example/", "/")]
    public async Task A_login_leads_back_to_this_site_only(string wanted, string target)
    {
        await TeamStudio.AddPersonAsync(_studio, "ada", StudioRole.Viewer);
        using var visitor = NewVisitor();
        using var login = await visitor.LogInAsync("ada", path: "/account/login?returnUrl=" + Uri.EscapeDataString(wanted));
        Assert.Equal(target, visitor.TargetOf(login));
    }

    [Fact]
    public async Task Guessing_from_one_address_is_slowed_down_whatever_address_it_claims_and_the_answer_says_when_to_go_on()
    {
        using var visitor = NewVisitor();
        HttpResponseMessage? refused = null;
        for (var count = 0; count < 40 && refused is null; count++)
        {
            visitor.Headers["X-Forwarded-For"] = $"203.0.113.{count}";
            var answer = await visitor.PostAsync("/account/login", [new("Input.UserName", $"name{count}")]);
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}");
            refused = answer.StatusCode == HttpStatusCode.TooManyRequests ? answer : null;
        }

        Assert.NotNull(refused);
        Assert.InRange(int.Parse(Assert.Single(refused.Headers.GetValues("Retry-After")), CultureInfo.InvariantCulture), 1, 3);

        // Pages can be read all the while.
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/account/login")).StatusCode);
    }

    [Fact]
    public async Task Behind_a_known_proxy_each_client_has_a_limit_of_its_own()
    {
        await using var behindProxy = await TeamStudio.StartAsync(cluster, null, ("Studio:KnownProxies:0", "127.0.0.1"));
        using var visitor = new Visitor(behindProxy.Address);
        for (var count = 0; count < 40; count++)
        {
            visitor.Headers["X-Forwarded-For"] = $"203.0.113.{count}";
            using var answer = await visitor.PostAsync("/account/login", [new("Input.UserName", $"name{count}")]);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task The_audit_log_has_logins_passwords_and_the_first_admin_and_no_secret()
    {
        using var visitor = NewVisitor();
        using var made = await visitor.SubmitAsync(
            _studio.Services.GetRequiredService<FirstAdminLink>().Path(), ("UserName", "root"), ("DisplayName", "Root"), ("Password", TeamStudio.Password), ("Repeated", TeamStudio.Password));
        Assert.Equal("/account/login", visitor.TargetOf(made));
        using var wrong = await visitor.LogInAsync("root", "not the password");
        using var login = await visitor.LogInAsync("root");
        using var changed = await visitor.SubmitAsync("/account/password", ("Current", TeamStudio.Password), ("Password", "another long password"), ("Repeated", "another long password"));
        using var log = await visitor.GetAsync("/api/v1/audit?order_by=at");
        var text = await log.Content.ReadAsStringAsync(Stop);
        await using var store = await _studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        Assert.Equal(["user.first_admin", "user.login_refused", "user.login", "user.change_password"], await store.AuditEntries.OrderBy(entry => entry.Id).Select(entry => entry.Action).ToListAsync(Stop));
        Assert.Contains("user.change_password", text, StringComparison.Ordinal);
        foreach (var secret in (string[])[TeamStudio.Password, "not the password", "another long password"])
        {
            Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
    }

    private static IReadOnlyList<string> CookieOf(HttpResponseMessage response, string name) =>
        [.. Assert.Single(response.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith(name + "=", StringComparison.Ordinal)).Split("; ").Skip(1).Select(part => part.ToLowerInvariant())];

    private Visitor NewVisitor() => new(_studio.Address);

    /// <summary>Somebody as a page that is open knows them.</summary>
    private async Task<ClaimsPrincipal> PrincipalAsync(Guid id)
    {
        await using var scope = _studio.Services.CreateAsyncScope();
        var user = await scope.ServiceProvider.GetRequiredService<UserManager<StudioUser>>().FindByIdAsync(id.ToString());
        return await scope.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<StudioUser>>().CreateAsync(user!);
    }

    private async Task<List<string>> DeedsAsync(string target)
    {
        await using var store = await _studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        return await store.AuditEntries.Where(entry => entry.Target == target).OrderBy(entry => entry.Id).Select(entry => entry.Action).ToListAsync(Stop);
    }

    private async Task<int> CountAsync()
    {
        await using var store = await _studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        return await store.AuditEntries.CountAsync(Stop);
    }

    private async Task<int> EndedAsync()
    {
        await using var store = await _studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        return await store.UserTokens.CountAsync(Stop);
    }
}
