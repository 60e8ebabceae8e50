using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Npgsql;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Testing;

namespace StableRep.Web.Tests.Browser;

/// <summary>
/// What <c>docs/performance.md</c> says of the dashboard, measured in the browser by
/// <c>dotnet run --project tests/Web.Tests -c Release -- -explicit only -class "*Speed" -showLiveOutput</c>.
/// </summary>
public sealed class Speed(BrowserStudio studio, TestCluster cluster, ITestOutputHelper output) : BrowserTest(studio, cluster)
{
    private const int Series = 50;
    private const int Points = 100_000;
    private const int Events = 60;

    [Fact(Explicit = true)]
    public async Task First_paint_of_home()
    {
        await Studio.ExperimentAsync(Stop);
        await Studio.IdleAsync(Stop);
        var paints = new List<double>();
        var live = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            var page = await NewPageAsync();
            await OpenAsync(page, "/");
            live.Add(await page.EvaluateAsync<double>("performance.now()"));
            paints.Add(await page.EvaluateAsync<double>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
        }

        Tell("Home, first contentful paint, fresh browser session", paints);
        Tell("Home, live (clicks have an effect)", live);
    }

    [Fact(Explicit = true)]
    public async Task Fifty_series_of_a_hundred_thousand_points()
    {
        var experiment = await Studio.LaunchAsync("Many points", 11, Stop);
        await Studio.IdleAsync(Stop);
        await FillAsync(experiment.Id);
        var first = new List<double>();
        var zooms = new List<double>();
        for (var i = 0; i < 3; i++)
        {
            var page = await NewPageAsync();
            await page.GotoAsync($"/experiments/{experiment.Id}?tab=curves");
            await page.Locator(".chart-plot .main-svg").First.WaitForAsync();
            first.Add(await page.EvaluateAsync<double>("performance.now()"));
            var chart = page.Locator(".chart", new() { HasText = "bench" }).First;
            await chart.ScrollIntoViewIfNeededAsync();
            await Assertions.Expect(chart.Locator(".chart-count")).ToContainTextAsync("of 800,000 points", new() { Timeout = 60_000 });
            await page.EvaluateAsync(
                """
                () => {
                  const chart = [...document.querySelectorAll(".chart")].find(c => c.textContent.includes("bench"));
                  const count = chart.querySelector(".chart-count");
                  window.zoomed = new Promise(done => {
                    const from = performance.now();
                    new MutationObserver(() => done(performance.now() - from)).observe(count, { childList: true, characterData: true, subtree: true });
                    Plotly.relayout(chart.querySelector(".chart-plot"), { "xaxis.range[0]": 40000, "xaxis.range[1]": 60000 });
                  });
                }
                """);
            zooms.Add(await page.EvaluateAsync<double>("window.zoomed"));
        }

        Tell("Experiment page, 50 series of 100,000 points: first chart drawn, from the navigation", first);
        Tell("Zoom into a fifth of one chart's 8 series, read again and drawn", zooms);
    }

    [Fact(Explicit = true)]
    public async Task From_an_event_to_a_pixel()
    {
        var experiment = await Studio.LaunchAsync("One point at a time", 12, Stop);
        await Studio.IdleAsync(Stop);
        var log = Studio.Services.GetRequiredService<ExperimentLog>();
        await OpenAsync(Page, $"/experiments/{experiment.Id}?tab=curves");
        var count = Page.Locator(".chart-count").First;
        await Assertions.Expect(count).ToContainTextAsync("points");
        await Page.EvaluateAsync(
            """
            () => {
              window.seen = {};
              const plot = document.querySelector(".chart-plot");
              new MutationObserver(() => {
                const step = /at step (\d+)/.exec(plot.getAttribute("aria-label"))?.[1];
                if (step) { requestAnimationFrame(() => window.seen[step] ??= Date.now()); }
              }).observe(plot, { attributes: true });
            }
            """);
        var told = new Dictionary<long, double>();
        for (var step = 1000L; step < 1000 + Events; step++)
        {
            var now = TimeProvider.System.GetUtcNow();
            var payload = string.Create(CultureInfo.InvariantCulture, $$"""{"points":[{"series":"train/loss","step":{{step}},"value":{{4 + Math.Sin(step)}}}]}""");
            await log.AppendAsync(experiment.Id, null, [new NewEvent("metrics", payload)], [new MetricSample("train/loss", step, 4 + Math.Sin(step), now)], Stop);
            told[step] = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            await Task.Delay(700, Stop);
        }

        var seen = await Page.EvaluateAsync<Dictionary<string, double>>("window.seen");
        var delays = told.Where(pair => seen.ContainsKey(pair.Key.ToString(CultureInfo.InvariantCulture)))
            .Select(pair => seen[pair.Key.ToString(CultureInfo.InvariantCulture)] - pair.Value).ToList();
        Assert.Equal(Events, delays.Count);
        Tell("From an event's commit to its pixel in the loss curve", delays);
    }

    private void Tell(string what, List<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToList();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {what} | {sorted[sorted.Count / 2]:0} ms | {sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * 0.95))]:0} ms | {sorted.Count} |"));
    }

    private async Task FillAsync(Guid experimentId)
    {
        var source = Studio.Services.GetRequiredService<NpgsqlDataSource>();
        await using var command = source.CreateCommand(
            $"""
            WITH series AS (INSERT INTO app.metric_series (experiment_id, name) SELECT '{experimentId}', 'bench/group-' || i / 8 || '/' || i FROM generate_series(0, {Series - 1}) i RETURNING id)
            INSERT INTO app.metric_points (series_id, step, value, at)
            SELECT id, step, sin(step / 5000.0 + id) + random() / 5, now() + step * interval '1 second' FROM series CROSS JOIN generate_series(1, {Points}) step
            """);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(Stop);
    }
}
