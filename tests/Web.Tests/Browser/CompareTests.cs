using System.Text.RegularExpressions;
using Microsoft.Playwright;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>Two experiments side by side, in a real browser.</summary>
public sealed class CompareTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    [Fact]
    public async Task Two_experiments_are_chosen_and_compared_by_curves_settings_accuracy_and_images_of_the_same_captions()
    {
        var first = await Studio.ExperimentAsync(Stop);
        var second = await Studio.LaunchAsync("An experiment to compare it with", 9, Stop);
        await Studio.IdleAsync(Stop);
        await OpenAsync(Page, "/compare");
        foreach (var name in (string[])[first.Name, second.Name])
        {
            await Page.Locator(".pick label", new() { HasText = name }).First.Locator("input").CheckAsync();
        }

        await Page.GetByRole(AriaRole.Button, new() { Name = "Compare 2 experiments" }).ClickAsync();
        await Expect(Page).ToHaveURLAsync(new Regex($"{first.Id}.*{second.Id}"));
        await Expect(Page.Locator(".compared-item")).ToHaveCountAsync(2);

        // Both are in each chart, and only what differs is listed.
        await Expect(Page.Locator(".chart").First.Locator(".legendtext")).ToHaveTextAsync([first.Name, second.Name]);
        await Expect(Page.Locator(".differences tbody tr:not(.differences-result) th")).ToHaveTextAsync(["images.seed"]);
        await Expect(Page.Locator(".differences-result td")).ToHaveTextAsync([new Regex("%$"), new Regex("%$")]);

        // Seeds are averaged: one point with an interval.
        await Expect(Page.Locator(".accuracy circle")).ToHaveCountAsync(1);
        await Expect(Page.Locator(".accuracy-interval")).ToHaveCountAsync(1);

        // One row a caption, one image an experiment, and they load.
        var images = Page.Locator(".matrix tbody tr").First.Locator("img");
        await Expect(images).ToHaveCountAsync(2);
        await images.First.ScrollIntoViewIfNeededAsync();
        await Expect(images.First).ToHaveJSPropertyAsync("complete", true);
        Assert.True(await images.First.EvaluateAsync<int>("image => image.naturalWidth") > 0, "The image did not load.");

        // The address is all there is: the next captions survive a reload.
        await Page.GetByRole(AriaRole.Button, new() { Name = "Later captions" }).ClickAsync();
        await Expect(Page).ToHaveURLAsync(new Regex("first=8"));
        await Page.ReloadAsync();
        await LiveAsync(Page);
        await Expect(Page.Locator(".matrix tbody th .muted").First).ToHaveTextAsync("8");
        Assert.Empty(Errors);
    }
}
