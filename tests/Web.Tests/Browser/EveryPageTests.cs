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
        await OpenAsync(Page, address);
        foreach (var colours in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = colours });
            await Assertions.Expect(Page.Locator("html")).ToHaveAttributeAsync("data-theme", colours == ColorScheme.Dark ? "dark" : "light");
            await QuietAsync();
            var findings = await Axe.FindingsAsync(Page, Stop);
            Assert.True(findings.Count == 0, $"{address} ({colours}):\n{string.Join('\n', findings)}");
        }
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task A_page_fits_a_phone_without_scrolling_sideways(string route)
    {
        await Page.SetViewportSizeAsync(360, 900);
        await OpenAsync(Page, await Studio.AddressAsync(route, Stop));
        await QuietAsync();
        var widest = await Page.EvaluateAsync<string>(
            """
            () => document.documentElement.scrollWidth <= 360 ? "" : [...document.querySelectorAll("main *")]
              .filter(e => e.getBoundingClientRect().right > 361).slice(0, 5).map(e => `${e.tagName}.${e.className} to ${Math.round(e.getBoundingClientRect().right)}`).join("; ") || "outside main"
            """);
        Assert.True(widest.Length == 0, $"{route} is wider than 360 px: {widest}");
    }

    [Fact]
    public async Task The_colours_follow_the_system_and_a_choice_is_remembered_without_a_flash()
    {
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await OpenAsync(Page, "/");
        Assert.Equal("dark", await Page.Locator("html").GetAttributeAsync("data-theme"));
        await Page.GetByRole(AriaRole.Button, new() { Name = "Colours" }).ClickAsync();
        await Page.GetByText("Light", new() { Exact = true }).ClickAsync();
        await Assertions.Expect(Page.Locator("html")).ToHaveAttributeAsync("data-theme", "light");

        // Before anything of the page is drawn, the choice holds.
        await Page.AddInitScriptAsync("addEventListener('DOMContentLoaded', () => window.atFirst = document.documentElement.dataset.theme)");
        await Page.ReloadAsync();
        Assert.Equal("light", await Page.EvaluateAsync<string>("window.atFirst"));
    }

    private async Task QuietAsync()
    {
        // Skeletons are gone and what moves in has arrived.
        await Assertions.Expect(Page.Locator(".loading")).ToHaveCountAsync(0);
        await Page.EvaluateAsync("() => Promise.all(document.getAnimations().filter(a => a.effect?.getTiming().iterations !== Infinity).map(a => a.finished.catch(() => {})))");
    }
}
