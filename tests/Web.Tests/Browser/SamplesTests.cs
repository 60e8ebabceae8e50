using System.Text.RegularExpressions;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>The positive sets of an experiment, in a real browser.</summary>
public sealed partial class SamplesTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    [Fact]
    public async Task The_first_rows_are_on_the_page_before_it_is_live_and_those_that_scroll_take_their_place()
    {
        var experiment = await Studio.ExperimentAsync(Stop);
        await Studio.IdleAsync(Stop);
        using var client = new HttpClient { BaseAddress = Studio.Address };
        var page = await client.GetStringAsync(new Uri($"/experiments/{experiment.Id}", UriKind.Relative), Stop);
        Assert.Equal(8, Row().Count(page));
        Assert.Equal(8 * 2, Image().Count(page));

        await OpenAsync(Page, $"/experiments/{experiment.Id}");
        await Expect(Page.Locator(".samples-first")).ToHaveCountAsync(0);
        var rows = Page.GetByRole(Microsoft.Playwright.AriaRole.Region, new() { Name = "Positive sets" }).Locator(".sample:not(.sample-waiting)");
        await Expect(rows.First).ToBeVisibleAsync();
        Assert.Contains($"alt=\"{await rows.First.Locator("img").First.GetAttributeAsync("alt")}\"", Image().Match(page).Value, StringComparison.Ordinal);
        Assert.Empty(Errors);
    }

    [GeneratedRegex("<div class=\"sample\"")]
    private static partial Regex Row();

    [GeneratedRegex("<img [^>]*/api/v1/images/[^>]*>")]
    private static partial Regex Image();
}
