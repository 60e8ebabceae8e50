using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Npgsql;
using StableRep.Testing;
using static Microsoft.Playwright.Assertions;

namespace StableRep.Web.Tests.Browser;

/// <summary>The table over ten thousand experiments. The test also tells how long it took: <c>-showLiveOutput on</c>.</summary>
public sealed partial class ExperimentsTests(BrowserStudio studio, TestCluster cluster, ITestOutputHelper output) : BrowserTest(studio, cluster)
{
    private const int Count = 10_000;
    private const string Tag = "ten-thousand";

    public override async ValueTask DisposeAsync()
    {
        await ExecuteAsync($"DELETE FROM app.experiments WHERE '{Tag}' = ANY(tags)");
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Ten_thousand_experiments_are_filtered_paged_judged_in_bulk_and_nothing_jumps()
    {
        await FillAsync();
        await Page.AddInitScriptAsync(
            """
            window.shift = 0;
            new PerformanceObserver(list => list.getEntries().forEach(entry => { if (!entry.hadRecentInput) window.shift += entry.value; }))
              .observe({ type: "layout-shift", buffered: true });
            """);
        var rows = Page.Locator("tbody tr");
        await TimeAsync("to the first row", async () =>
        {
            await Page.GotoAsync(Filtered($"tags:\"{Tag}\""));
            await rows.First.WaitForAsync();
        });
        await LiveAsync(Page);
        await Expect(rows).ToHaveCountAsync(50);
        await Expect(rows.First).ToContainTextAsync("run 9999");

        await TimeAsync("the next page", async () =>
        {
            await Page.GetByRole(AriaRole.Link, new() { Name = "Next page" }).ClickAsync();
            await Expect(rows.First).ToContainTextAsync("run 9949");
        });
        await Expect(rows).ToHaveCountAsync(50);

        await TimeAsync("a filter", async () =>
        {
            await Page.GetByLabel("Filter").FillAsync($"tags:\"{Tag}\" AND state = \"failed\" AND linear_accuracy >= 0.9");
            await Page.GetByRole(AriaRole.Button, new() { Name = "Apply" }).ClickAsync();
            await Page.WaitForURLAsync(Failed());
            await Expect(Page.Locator("tbody .state", new() { HasText = "Failed" })).ToHaveCountAsync(50);
        });

        await TimeAsync("an order by accuracy", async () =>
        {
            await Page.GetByRole(AriaRole.Button, new() { Name = "Linear probe" }).ClickAsync();
            await Expect(rows.First.Locator("td").Nth(6)).ToHaveTextAsync(Ninety());
        });
        Assert.True(await Page.EvaluateAsync<double>("window.shift") < 0.02, "The page's parts jumped.");

        // In bulk: neither drafts nor what is done can be cancelled, and each says so; all can be deleted.
        await Page.GotoAsync(Filtered($"tags:\"{Tag}\" AND name ~ \"run 100\" AND (state = \"draft\" OR state = \"done\")"));
        await LiveAsync(Page);
        await Expect(rows).ToHaveCountAsync(6);
        await Page.GetByLabel("Choose all on this page").CheckAsync();
        await Expect(Page.Locator(".bulk")).ToContainTextAsync("6 chosen");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await Expect(Page.Locator(".bulk-outcome")).ToContainTextAsync("6 experiments were left as before");
        await Expect(Page.Locator(".bulk-outcome li")).ToHaveCountAsync(6);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Delete", Exact = true }).ClickAsync();
        await Expect(Page.GetByText("Nothing fits the filter")).ToBeVisibleAsync();
        await Expect(Page.Locator(".bulk-outcome")).ToContainTextAsync("Delete: done with 6 experiments.");

        // A view of one's own is there again after a reload.
        await Page.GetByRole(AriaRole.Button, new() { Name = "Views" }).ClickAsync();
        await Page.GetByText("Save this view").ClickAsync();
        await Page.GetByLabel("What shall it be called?").FillAsync("the rest");
        await Page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Page.GotoAsync("/experiments");
        await LiveAsync(Page);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Views" }).ClickAsync();
        await Page.GetByText("the rest", new() { Exact = true }).ClickAsync();
        await Page.WaitForURLAsync(Rest());
        Assert.Empty(Errors);
    }

    private static string Filtered(string filter) => $"/experiments?filter={Uri.EscapeDataString(filter)}";

    private async Task TimeAsync(string what, Func<Task> act)
    {
        var start = TimeProvider.System.GetTimestamp();
        await act();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"10,000 experiments, {what}: {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms"));
    }

    private async Task FillAsync()
    {
        var model = await Studio.ExperimentAsync(Stop);
        await Studio.IdleAsync(Stop);

        // Their ids are older than all others: for other tests the newest stay the newest.
        await ExecuteAsync(
            $"""
            INSERT INTO app.experiments (id, name, image_set_id, recipe, state, tags, notes, priority, attempt, lost_count, training_state, last_sequence, created_at)
            SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'run ' || n, e.image_set_id, e.recipe, (ARRAY['done', 'failed', 'cancelled', 'draft'])[1 + n % 4],
                ARRAY['{Tag}'], '', 0, 0, 0, 'pending', 0, now() - (20000 - n) * interval '1 minute'
            FROM generate_series(0, {Count - 1}) n CROSS JOIN app.experiments e WHERE e.id = '{model.Id}'
            """);
        await ExecuteAsync(
            $"""
            INSERT INTO app.probes SELECT (r).* FROM (
                SELECT jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'experiment_id', e.id, 'kind', k.kind, 'state', 'done', 'accuracy', (abs(hashtext(e.name || k.kind)) % 1000) / 1000.0)) AS r
                FROM app.experiments e CROSS JOIN (VALUES ('linear'), ('knn')) k(kind) CROSS JOIN app.probes p
                WHERE p.experiment_id = '{model.Id}' AND '{Tag}' = ANY(e.tags)) x;
            ANALYZE app.experiments; ANALYZE app.probes
            """);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = Studio.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    [GeneratedRegex("^90[.][0-9]%$")]
    private static partial Regex Ninety();

    [GeneratedRegex("filter=.*failed")]
    private static partial Regex Failed();

    [GeneratedRegex("filter=.*run%20100")]
    private static partial Regex Rest();
}
