using System.Reflection;
using Microsoft.AspNetCore.Components;
using Microsoft.Playwright;
using StableRep.Testing;
using StableRep.Web.Tests.Hosting;

namespace StableRep.Web.Tests.Browser;

/// <summary>
/// Pictures of every page for <c>docs/screens</c>, light and dark, on a desktop and on a phone. Made by
/// <c>dotnet run --project tests/Web.Tests -c Release -- -explicit only -class "*Screens"</c>.
/// </summary>
public sealed class Screens(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private static readonly string[] Tabs = ["samples", "curves", "captions", "probes", "config", "log", "files"];

    [Fact(Explicit = true)]
    public async Task Take_them()
    {
        var empty = await NewPageAsync();
        await OpenAsync(empty, "/");
        await TakeAsync(empty, "home-empty", "light", "desktop");
        var experiment = await Studio.ExperimentAsync(Stop);
        await Studio.IdleAsync(Stop);
        var routes = typeof(App).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<RouteAttribute>()).Select(route => route.Template)
            .Where(template => !template.StartsWith("/account", StringComparison.Ordinal) && template != "/experiments/{Id:guid}").ToList();
        var pages = new List<(string Name, string Address)>();
        foreach (var route in routes)
        {
            pages.Add((NameOf(route), await Studio.AddressAsync(route, Stop)));
        }

        pages.AddRange(Tabs.Select(tab => ($"experiment-{tab}", $"/experiments/{experiment.Id}?tab={tab}")));
        foreach (var dark in (bool[])[false, true])
        {
            foreach (var (width, device) in ((int, string)[])[(1280, "desktop"), (360, "phone")])
            {
                var page = await NewPageAsync(width, dark);
                foreach (var (name, address) in pages)
                {
                    await OpenAsync(page, address);
                    await TakeAsync(page, name, dark ? "dark" : "light", device);
                }
            }
        }
    }

    private static async Task TakeAsync(IPage page, string name, string look, string device)
    {
        await Assertions.Expect(page.Locator(".loading")).ToHaveCountAsync(0);
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        var folder = Path.Combine(WebProgram.Repository, "docs", "screens");
        Directory.CreateDirectory(folder);
        await page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{look}-{device}.png"), Animations = ScreenshotAnimations.Disabled });
    }

    private static string NameOf(string route) => route == "/"
        ? "home"
        : string.Join('-', route.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(part => part.StartsWith('{') ? "one" : part));
}
