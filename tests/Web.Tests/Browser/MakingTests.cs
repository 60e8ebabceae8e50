using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>Making things: captions are uploaded, prompts are tried, an experiment is put together and launched.</summary>
public sealed partial class MakingTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private const float Long = 240_000;

    [Fact]
    public async Task Captions_are_uploaded_and_an_experiment_of_them_is_launched()
    {
        var name = $"uploaded {Guid.NewGuid():N}";
        await OpenAsync(Page, "/caption-sets");
        var file = Page.GetByLabel("Caption file");
        await Expect(file).ToBeEnabledAsync();
        await file.SetInputFilesAsync(new FilePayload { Name = $"{name}.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(Table()) });
        await Expect(Page.GetByText("Left out as duplicates")).ToBeVisibleAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Keep 24 captions" }).ClickAsync();
        await Page.WaitForURLAsync(SetAddress());
        await Expect(Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync(name);
        await Expect(Page.Locator(".line").Nth(1)).ToContainTextAsync("一只橙色的猫");

        await Page.GetByLabel("Search the captions").FillAsync("猫");
        await Expect(Page.GetByText("1 caption of 24")).ToBeVisibleAsync();

        await Page.Locator(".page-header").GetByRole(AriaRole.Link, new() { Name = "New experiment" }).ClickAsync();
        await Page.WaitForURLAsync(NewAddress());
        await Page.GetByLabel("Images per prompt").FillAsync("0");
        await Expect(Page.GetByText("Images per prompt must be from 1 to 1000.").First).ToBeVisibleAsync();
        var launch = Page.GetByRole(AriaRole.Button, new() { Name = "Launch" });
        await Expect(launch).ToBeDisabledAsync();
        await Page.GetByLabel("Images per prompt").FillAsync("4");
        await Page.GetByLabel("Steps", new() { Exact = true }).FillAsync("2");
        await Expect(Page.GetByText("A batch takes 32 captions and the image set has 24")).ToBeVisibleAsync();
        await Page.GetByLabel("Captions a batch").FillAsync("8");
        await Page.GetByLabel("Epochs", new() { Exact = true }).FillAsync("2");
        await Expect(Page.Locator(".plan").GetByText("96", new() { Exact = true })).ToBeVisibleAsync();
        await launch.ClickAsync();
        await Page.WaitForURLAsync(ExperimentAddress());

        var experiment = await Studio.Services.GetRequiredService<ExperimentService>().GetAsync(Guid.Parse(ExperimentAddress().Match(Page.Url).Groups[1].Value), Stop);
        Assert.Equal((4, 2, 24), (experiment.ImageSet!.ImagesPerPrompt, experiment.ImageSet.Steps, experiment.ImageSet.CaptionCount));
        Assert.NotEqual(ExperimentState.Draft, experiment.State);
        Assert.Empty(Errors);
    }

    [Fact]
    public async Task The_playground_fills_its_grid_image_by_image_and_hands_a_scale_to_a_new_experiment()
    {
        await OpenAsync(Page, "/playground");
        await Page.GetByLabel("Guidance scales").FillAsync("1, 3");
        await Page.GetByLabel("Seeds").FillAsync("0-2");
        await Page.GetByLabel("Steps").FillAsync("4");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Draw 6 images" }).ClickAsync();
        var images = Page.Locator(".tile img");
        await Expect(images.First).ToBeVisibleAsync(new() { Timeout = Long });
        await Expect(images).ToHaveCountAsync(6, new() { Timeout = Long });
        Assert.True(await images.Last.EvaluateAsync<int>("async image => { await image.decode(); return image.naturalWidth; }") > 0, "The last image did not load.");
        await Expect(Page.Locator(".measure").Last).ToHaveTextAsync(Fraction());

        await images.Nth(3).ClickAsync();
        await Expect(Page.GetByRole(AriaRole.Dialog)).ToContainTextAsync("Seed 1, guidance scale 3");
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Link, new() { Name = "Use in a new experiment" }).ClickAsync();
        await Page.WaitForURLAsync(NewAddress());
        Assert.Contains("scale=3", Page.Url, StringComparison.Ordinal);
        Assert.Contains("steps=4", Page.Url, StringComparison.Ordinal);
        Assert.Empty(Errors);
    }

    private static string Table()
    {
        var rows = Enumerable.Range(0, 22).Select(number => $"{number},\"a scene, number {number}\"");
        return string.Join('\n', (IEnumerable<string>)["id,caption", "x,قطة صغيرة تنام على نافذة مشمسة", "y,一只橙色的猫坐在窗台上", .. rows, "z,一只橙色的猫坐在窗台上", "w,"]);
    }

    [GeneratedRegex("/caption-sets/[0-9a-f-]{36}")]
    private static partial Regex SetAddress();

    [GeneratedRegex("/experiments/new")]
    private static partial Regex NewAddress();

    [GeneratedRegex("/experiments/([0-9a-f-]{36})")]
    private static partial Regex ExperimentAddress();

    [GeneratedRegex("0[.][0-9]{3}")]
    private static partial Regex Fraction();
}
