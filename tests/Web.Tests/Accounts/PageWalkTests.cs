using System.Net;
using StableRep.Api.Live;
using StableRep.Api.Tests.Accounts;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Web.Tests.Accounts;

/// <summary>Who may use the whole product: every page fetched as everybody who might, and every endpoint beside the pages.</summary>
public sealed class PageWalkTests(TestCluster cluster)
{
    private static readonly StudioRole?[] Everybody = [null, .. Enum.GetValues<StudioRole>()];

    private static readonly string[] OpenPages = ["/account/first-admin", "/account/invitation", "/account/login", "/not-found"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_page_states_who_may_open_it_and_lets_in_exactly_those()
    {
        var faults = new List<string>();
        var pages = PolicyStatements.Pages(typeof(App).Assembly.GetTypes(), faults);
        Assert.Empty(faults);
        Assert.Equal(OpenPages, pages.Where(page => page.Role is null).Select(page => page.Template).Order(StringComparer.Ordinal));
        Assert.True(pages.Count > 25, $"{pages.Count} pages");
        await using var studio = await TeamStudio.StartAsync(cluster);
        foreach (var role in Everybody)
        {
            using var visitor = new Visitor(studio.Address);
            if (role is { } known)
            {
                await TeamStudio.AddPersonAsync(studio, known.Name(), known);
                using var login = await visitor.LogInAsync(known.Name());
                Assert.Equal("/", visitor.TargetOf(login));
            }

            foreach (var (template, wanted) in pages)
            {
                using var response = await visitor.GetAsync(template.Replace("{Id:guid}", PolicyWalk.Nothing, StringComparison.Ordinal).Replace("{ImageSetId:guid}", PolicyWalk.Nothing, StringComparison.Ordinal));
                var seen = Verdict(visitor, response);
                var right = wanted is null || role >= wanted ? "opened" : role is null ? "sent to the login" : "denied";
                if (seen != right)
                {
                    faults.Add($"{template}: {role?.Name() ?? "nobody"} is {seen} and should be {right}.");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public async Task Every_endpoint_beside_the_pages_states_who_may_use_it_and_lets_in_exactly_those()
    {
        await using var studio = await TeamStudio.StartAsync(cluster);
        var (routes, faults) = await new PolicyWalk(studio).RunAsync([.. PolicyWalk.Open, .. OpenPages], Stop);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
        foreach (var (template, _) in PolicyStatements.Pages(typeof(App).Assembly.GetTypes(), []))
        {
            Assert.Contains(template, routes);
        }

        Assert.Contains(routes, route => route.StartsWith("/_blazor", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_job_queues_dashboard_is_for_admins_only()
    {
        await using var studio = await TeamStudio.StartAsync(cluster);
        foreach (var role in Everybody)
        {
            using var visitor = new Visitor(studio.Address);
            if (role is { } known)
            {
                await TeamStudio.AddPersonAsync(studio, known.Name(), known);
                using var login = await visitor.LogInAsync(known.Name());
            }

            foreach (var path in (string[])["/admin/hangfire", "/admin/hangfire/jobs/enqueued", "/admin/hangfire/servers", "/admin/hangfire/stats"])
            {
                using var response = path.EndsWith("stats", StringComparison.Ordinal) ? await visitor.PostAsync(path, []) : await visitor.GetAsync(path);
                var seen = Verdict(visitor, response);

                // Its own guard against forged forms answers the last one, which has no token.
                Assert.True(seen == (role is null ? "sent to the login" : role < StudioRole.Admin ? "denied" : seen is "opened" or "403" ? seen : "opened"), $"{path}: {role?.Name() ?? "nobody"} is {seen}.");
            }
        }
    }

    [Fact]
    public void The_dashboard_has_no_hub_of_its_own()
    {
        // Those of the service are called one by one in its own tests: another one has to be too.
        Assert.Empty(PolicyStatements.HubMethods(typeof(App).Assembly.GetTypes(), []));
        Assert.NotEmpty(PolicyStatements.HubMethods(typeof(ExperimentHub).Assembly.GetTypes(), []));
    }

    private static string Verdict(Visitor visitor, HttpResponseMessage response) => response.StatusCode switch
    {
        // A page whose thing is missing says so, to whoever may open it.
        HttpStatusCode.OK or HttpStatusCode.NotFound => "opened",
        HttpStatusCode.Redirect when visitor.TargetOf(response)!.StartsWith("/account/login?", StringComparison.Ordinal) => "sent to the login",
        HttpStatusCode.Redirect when visitor.TargetOf(response)!.StartsWith("/account/denied?", StringComparison.Ordinal) => "denied",
        var other => $"{(int)other}",
    };
}
