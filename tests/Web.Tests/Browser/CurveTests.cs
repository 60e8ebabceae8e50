using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>What leads on from a curve: to the captions behind a point, and to every point as a file.</summary>
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

    [Fact]
    public async Task Every_point_of_a_chart_is_saved_as_one_file()
    {
        var experiment = await TrainedAsync();
        await LossAsync(experiment);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Save Loss" }).ClickAsync();
        var download = await Page.RunAndWaitForDownloadAsync(() => Page.GetByText("Save as CSV, every point").ClickAsync());
        Assert.Equal("loss-every-point.csv", download.SuggestedFilename);
        var lines = await File.ReadAllLinesAsync(await download.PathAsync(), Stop);
        Assert.Equal("series,step,value,at", lines[0]);
        var curves = Studio.Services.GetRequiredService<MetricCurves>();
        var points = 0;
        foreach (var name in (await curves.NamesAsync(experiment.Id, Stop)).Where(name => name.StartsWith("train/loss", StringComparison.Ordinal)))
        {
            await foreach (var point in curves.PointsAsync(experiment.Id, name, Stop))
            {
                Assert.Contains(lines, line => line.EndsWith(string.Create(CultureInfo.InvariantCulture, $",{point.Step},{point.Value:R},{point.At.UtcDateTime:O}"), StringComparison.Ordinal));
                points++;
            }
        }

        Assert.Equal(points, lines.Length - 1);
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
