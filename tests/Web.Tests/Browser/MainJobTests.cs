using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Experiments;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>The main job as a newcomer does it, in a real browser on a real node with its worker.</summary>
public sealed partial class MainJobTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private const float Long = 240_000;

    [Fact]
    public async Task The_demo_is_launched_in_one_click_and_everything_arrives_without_a_reload()
    {
        await Studio.IdleAsync(Stop);
        await OpenAsync(Page, "/");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Launch the demo" }).ClickAsync();
        await Page.WaitForURLAsync(ExperimentAddress());
        await Page.EvaluateAsync("window.neverReloaded = true");

        // Images come in as positive sets, and what comes later waits behind the pill.
        var rows = Page.Locator(".sample:not(.sample-waiting)");
        await Expect(rows.First).ToBeVisibleAsync(new() { Timeout = Long });
        await Expect(rows.First.Locator("img")).ToHaveCountAsync(4);
        await Expect(rows.First.Locator("img").First).ToHaveJSPropertyAsync("complete", true);
        Assert.True(await rows.First.Locator("img").First.EvaluateAsync<int>("image => image.naturalWidth") > 0, "The first image did not load.");
        await Page.GetByRole(AriaRole.Button, new() { NameRegex = New() }).ClickAsync(new() { Timeout = Long });

        // The loss curve grows.
        await Page.GetByRole(AriaRole.Link, new() { Name = "Curves" }).ClickAsync();
        var loss = Page.GetByRole(AriaRole.Img, new() { NameRegex = Loss() });
        await Expect(loss).ToBeVisibleAsync(new() { Timeout = Long });
        var before = await PointsAsync(loss);
        await Expect(loss).Not.ToHaveAttributeAsync("aria-label", before, new() { Timeout = Long });

        // The probe's accuracy comes.
        await Page.GetByRole(AriaRole.Link, new() { Name = "Probes" }).ClickAsync();
        await Expect(Page.Locator("[data-probe=Linear]")).ToHaveTextAsync(Percent(), new() { Timeout = Long });
        await Expect(Page.Locator(".state", new() { HasText = "Done" }).First).ToBeVisibleAsync(new() { Timeout = Long });
        Assert.True(await Page.EvaluateAsync<bool>("window.neverReloaded === true"), "The page was loaded anew.");
        Assert.Empty(Errors);
    }

    [Fact]
    public async Task A_cut_network_is_told_and_the_page_goes_on_where_it_was()
    {
        // It is still at work when it is cancelled, however long the network's end is not noticed.
        var experiment = await Studio.LaunchAsync("An experiment to lose sight of", 8, Stop, epochs: 10_000);
        await OpenAsync(Page, $"/experiments/{experiment.Id}?tab=log");
        await Page.EvaluateAsync("window.neverReloaded = true");
        await Page.Context.SetOfflineAsync(true);
        await Expect(Page.Locator(".reconnect")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Studio.Services.GetRequiredService<ExperimentService>().CancelAsync(experiment.Id, Stop);
        await Page.Context.SetOfflineAsync(false);
        await Expect(Page.Locator(".reconnect")).ToBeHiddenAsync(new() { Timeout = 60_000 });
        await Expect(Page.GetByRole(AriaRole.Log)).ToContainTextAsync("→ cancelled");
        Assert.True(await Page.EvaluateAsync<bool>("window.neverReloaded === true"), "The page was loaded anew.");
    }

    private static async Task<string> PointsAsync(ILocator chart) => await chart.GetAttributeAsync("aria-label") ?? "";

    [GeneratedRegex("/experiments/[0-9a-f-]{36}")]
    private static partial Regex ExperimentAddress();

    [GeneratedRegex("^[0-9]+ new$")]
    private static partial Regex New();

    [GeneratedRegex("^Loss: .*step [0-9]+")]
    private static partial Regex Loss();

    [GeneratedRegex("^[0-9]+[.][0-9]%$")]
    private static partial Regex Percent();
}
