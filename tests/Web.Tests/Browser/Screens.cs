using System.Reflection;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Experiments;
using StableRep.Api.ImageSets;
using StableRep.Api.Sweeps;
using StableRep.Data.Experiments;
using StableRep.Data.Probes;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Tests.Hosting;

namespace StableRep.Web.Tests.Browser;

/// <summary>
/// Pictures of every page for <c>docs/screens</c>, light and dark, on a desktop and on a phone. Made by
/// <c>dotnet run --project tests/Web.Tests -c Release -- -explicit only -class "*Screens"</c>; those of the account are taken by <c>TeamTests</c>.
/// </summary>
public sealed class Screens(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private const string Playground = "/playground?prompt=a%20red%20mushroom%20with%20dots&scales=1,2,3,5&seeds=0-2&steps=12";

    private static readonly string[] ShownOtherwise = ["/experiments/{Id:guid}", "/sweeps/{Id:guid}", "/compare", "/playground"];

    private static readonly string[] Tabs = ["samples", "curves", "captions", "probes", "config", "log", "files"];

    [Fact(Explicit = true)]
    public async Task Take_them()
    {
        var empty = await NewPageAsync();
        await OpenAsync(empty, "/");
        await TakeAsync(empty, "home-empty-light-desktop");
        var experiment = await Studio.ExperimentAsync(Stop);
        await Studio.IdleAsync(Stop);
        var routes = typeof(App).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template)
            .Where(template => !template.StartsWith("/account", StringComparison.Ordinal) && !ShownOtherwise.Contains(template)).ToList();
        var pages = new List<(string Name, string Address)>();
        foreach (var route in routes)
        {
            pages.Add((NameOf(route), await Studio.AddressAsync(route, Stop)));
        }

        var sweep = await SweepAsync(experiment);
        var chosen = string.Join(',', sweep.Experiments.Select(cell => cell.ExperimentId));
        pages.AddRange([("sweeps-one", $"/sweeps/{sweep.Id}"), ("compare", $"/compare?ids={chosen}")]);
        pages.Add(("playground", Playground));
        pages.AddRange(Tabs.Select(tab => ($"experiment-{tab}", $"/experiments/{experiment.Id}?tab={tab}")));
        foreach (var dark in (bool[])[false, true])
        {
            foreach (var (width, device) in ((int, string)[])[(1280, "desktop"), (360, "phone")])
            {
                var page = await NewPageAsync(width, dark);
                foreach (var (name, address) in pages)
                {
                    await OpenAsync(page, address);
                    if (address == Playground)
                    {
                        await page.GetByRole(AriaRole.Button, new() { Name = "Draw" }).ClickAsync();
                        await Assertions.Expect(page.Locator("main img")).ToHaveCountAsync(12, new() { Timeout = 60_000 });
                    }

                    await TakeAsync(page, $"{name}-{(dark ? "dark" : "light")}-{device}");
                }
            }
        }
    }

    /// <summary>Guidance scale by method, done.</summary>
    private async Task<SweepDetails> SweepAsync(Experiment experiment)
    {
        var images = experiment.ImageSet!;
        var sweeps = Studio.Services.GetRequiredService<SweepService>();
        var sweep = await sweeps.LaunchAsync(
            new NewSweep
            {
                Name = "Guidance scale by method",
                Axes = new SweepAxes { GuidanceScale = "1, 3, 5", Method = "stablerep, simclr" },
                Images = new ImageSetSettings
                {
                    CaptionSetId = images.CaptionSetId,
                    GeneratorId = images.GeneratorId,
                    GuidanceScale = 3,
                    ImagesPerPrompt = 4,
                    Steps = 8,
                    CaptionCount = 32,
                },
                Recipe = TrainingRecipe.Parse(experiment.Recipe) with { SetsPerBatch = 8, ImagesPerSet = 4, Epochs = 10 },
                Probes = [new NewProbe(ProbeKind.Linear, "scenes-objects"), new NewProbe(ProbeKind.Knn, "scenes-objects")],
            },
            cancellationToken: Stop);
        await Studio.IdleAsync(Stop);
        return await sweeps.GetAsync(sweep.Id, Stop);
    }

    /// <summary>Takes a picture of a page that has everything it shows.</summary>
    internal static async Task TakeAsync(IPage page, string name)
    {
        await Assertions.Expect(page.Locator(".loading")).ToHaveCountAsync(0);
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        var folder = Path.Combine(WebProgram.Repository, "docs", "screens");
        Directory.CreateDirectory(folder);
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
    }

    private static string NameOf(string route) => route == "/"
        ? "home"
        : string.Join('-', route.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(part => part.StartsWith('{') ? "one" : part));
}
