using System.Reflection;
using Microsoft.AspNetCore.Components;
using Microsoft.Playwright;
using StableRep.Testing;

namespace StableRep.Web.Tests.Browser;

/// <summary>What must hold for each page of the dashboard.</summary>
public sealed class EveryPageTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    /// <summary>The routes of all pages, with the values that they need filled in when the test runs.</summary>
    public static TheoryData<string> Routes =>
    [
        .. typeof(App).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template)
            .Where(template => !template.StartsWith("/account", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_page_has_no_serious_accessibility_finding(string route)
    {
        var address = await Studio.AddressAsync(route, Stop);
        foreach (var dark in (bool[])[false, true])
        {
            var page = await NewPageAsync(dark: dark);
            await OpenAsync(page, address);
            await QuietAsync(page);
            var findings = await Axe.FindingsAsync(page, Stop);
            Assert.True(findings.Count == 0, $"{address} ({(dark ? "dark" : "light")}):\n{string.Join('\n', findings)}");
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_page_fits_a_phone_without_scrolling_sideways(string route)
    {
        var page = await NewPageAsync(width: 360);
        await OpenAsync(page, await Studio.AddressAsync(route, Stop));
        await QuietAsync(page);
        var widest = await page.EvaluateAsync<string>(
            """
            () => document.documentElement.scrollWidth <= 360 ? "" : [...document.querySelectorAll("main *")]
              .filter(e => e.getBoundingClientRect().right > 361).slice(0, 5).map(e => `${e.tagName}.${e.className} to ${Math.round(e.getBoundingClientRect().right)}`).join("; ") || "outside main"
            """);
        Assert.True(widest.Length == 0, $"{route} is wider than 360 px: {widest}");
    }

    [Fact]
    public async Task The_colours_follow_the_system_and_a_choice_is_remembered_without_a_flash()
    {
        var page = await NewPageAsync(dark: true);
        await OpenAsync(page, "/");
        Assert.Equal("dark", await page.Locator("html").GetAttributeAsync("data-theme"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Colours" }).ClickAsync();
        await page.GetByText("Light", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");

        // Before anything of the page is drawn, the choice holds.
        await page.AddInitScriptAsync("addEventListener('DOMContentLoaded', () => window.atFirst = document.documentElement.dataset.theme)");
        await page.ReloadAsync();
        Assert.Equal("light", await page.EvaluateAsync<string>("window.atFirst"));
    }

    private static async Task QuietAsync(IPage page)
    {
        // Skeletons are gone and what moves in has arrived.
        await Assertions.Expect(page.Locator(".loading")).ToHaveCountAsync(0);
        await page.EvaluateAsync("() => Promise.all(document.getAnimations().filter(a => a.effect?.getTiming().iterations !== Infinity).map(a => a.finished.catch(() => {})))");
    }
}
