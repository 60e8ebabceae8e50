using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Generators;
using StableRep.Testing;
using StableRep.Web.Playground;

namespace StableRep.Web.Tests.Playground;

/// <summary>What the playground asks for, and what it says before it asks.</summary>
public sealed class PlaygroundPageTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Without_a_generator_it_leads_to_where_one_comes_from()
    {
        var page = Render<PlaygroundPage>();
        page.WaitForElement(".empty", Patience);
        Assert.Equal("/generators", page.Find(".empty a").GetAttribute("href"));
    }

    [Fact]
    public async Task The_button_counts_the_images_and_lists_that_cannot_be_read_say_why_and_draw_nothing()
    {
        await Get<GeneratorService>().RefreshAsync(Stop);
        var page = Show("/playground?scales=1,2,4&seeds=0-4");
        page.WaitForAssertion(() => Assert.Equal("Draw 15 images", Draw(page)), Patience);
        await WriteAsync(page, "Seeds", "0-");
        page.WaitForAssertion(() => Assert.Equal("Draw", Draw(page)), Patience);
        await ActAsync(page, () => page.Find("form").SubmitAsync());
        page.WaitForElement(".mud-input-error", Patience);
        Assert.Empty(page.FindComponents<PreviewGrid>());
        Assert.EndsWith("/playground?scales=1,2,4&seeds=0-4", Address(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drawing_puts_the_choice_into_the_address_and_asks_for_a_grid_of_it()
    {
        await Get<GeneratorService>().RefreshAsync(Stop);
        var page = Show("/playground?prompt=a%20猫&scales=1,2&seeds=7&steps=4");
        page.WaitForAssertion(() => Assert.Equal("Draw 2 images", Draw(page)), Patience);
        await ActAsync(page, () => page.Find("form").SubmitAsync());
        page.WaitForAssertion(() => Assert.Single(page.FindComponents<PreviewGrid>()), Patience);
        var request = page.FindComponent<PreviewGrid>().Instance.Preview.Request;
        Assert.Equal(("a 猫", 4, "7"), (request.Prompts[0].Text, request.Steps, string.Join(',', request.Seeds)));
        Assert.Equal([1, 2], request.GuidanceScales);
        Assert.Contains("seeds=7", Address(), StringComparison.Ordinal);
        Assert.Contains("generator=", Address(), StringComparison.Ordinal);

        // A scale of the grid leads to a new experiment with what was drawn.
        var use = page.FindComponent<PreviewGrid>().Instance.UseHref!(2);
        Assert.Contains("/experiments/new?", use, StringComparison.Ordinal);
        Assert.Contains("scale=2", use, StringComparison.Ordinal);
        Assert.Contains("steps=4", use, StringComparison.Ordinal);
    }

    private static string Draw(IRenderedComponent<PlaygroundPage> page) => page.Find("form button[type=submit]").TextContent.Trim();

    private static Task WriteAsync(IRenderedComponent<PlaygroundPage> page, string name, string text) => ActAsync(page, () =>
    {
        var label = page.FindAll("label").First(candidate => candidate.TextContent.Trim() == name);
        return page.Find($"#{label.GetAttribute("for")}").InputAsync(text);
    });

    private string Address() => Services.GetRequiredService<NavigationManager>().Uri;

    private IRenderedComponent<PlaygroundPage> Show(string address)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<PlaygroundPage>();
    }
}
