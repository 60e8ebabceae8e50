using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>What leads on from a curve.</summary>
public sealed partial class CurveTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    [Fact]
    public async Task A_click_on_the_loss_shows_the_captions_and_images_behind_it()
    {
        var experiment = await TrainedAsync();
        var plot = await LossAsync(experiment);
        await plot.HoverAsync();
        await Expect(plot.Locator(".hoverlayer .legend")).ToBeVisibleAsync();
        await plot.ClickAsync();
        var about = Page.Locator(".captions-about");
        await Expect(about).ToContainTextAsync("trained on 8 captions");
        Assert.Matches(Captions(), Page.Url);
        var step = long.Parse(Captions().Match(Page.Url).Groups[1].Value, CultureInfo.InvariantCulture);
        await Expect(about).ToContainTextAsync($"Step {step}");
        var batch = await Studio.Services.GetRequiredService<StepCaptionReader>().ReadAsync(experiment, step, step, Stop);
        Assert.Equal(8, batch.Captions.Count);
        await Expect(Page.Locator(".captions li")).ToHaveCountAsync(8);
        await Expect(Page.Locator(".captions li").First.Locator("img")).ToHaveCountAsync(2);
        await Expect(Page.Locator(".captions li img").First).ToHaveJSPropertyAsync("complete", true);

        // A link shows the same, and back leads to the curves.
        await Page.GetByRole(AriaRole.Button, new() { Name = "The steps after" }).ClickAsync();
        await Expect(about).ToContainTextAsync($"Step {step + 1}");
        await Page.GoBackAsync();
        await Expect(plot).ToBeVisibleAsync();
        Assert.Empty(Errors);
    }

    private async Task<Experiment> TrainedAsync()
    {
        var experiment = await Studio.ExperimentAsync(Stop);
        await Studio.IdleAsync(Stop);
        return await Studio.Services.GetRequiredService<ExperimentService>().GetAsync(experiment.Id, Stop);
    }

    private async Task<ILocator> LossAsync(Experiment experiment)
    {
        await OpenAsync(Page, $"/experiments/{experiment.Id}?tab=curves");
        var plot = Page.GetByRole(AriaRole.Img, new() { NameRegex = Loss() });
        await Expect(plot).ToBeVisibleAsync();
        return plot;
    }

    [GeneratedRegex("^Loss: .*step [0-9]+")]
    private static partial Regex Loss();

    [GeneratedRegex("[?&]from=([0-9]+).*[?&]to=\\1(&|$)")]
    private static partial Regex Captions();
}
