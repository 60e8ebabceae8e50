using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Web.Tests.Browser;

/// <summary>
/// Measures the review page over 100,000 images: 25,000 captions of four, whose files are those of a few real ones. Run it alone:
/// <c>dotnet run --project tests/Web.Tests -c Release -- -explicit only -class "*ReviewBenchmark"</c>
/// </summary>
public sealed class ReviewBenchmark(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private const int Captions = 25_000;

    private static readonly string[] Measures = ["scroll", "fling"];

    [Fact(Explicit = true)]
    public async Task The_review_page_over_100_000_images()
    {
        var set = await SeedAsync();
        var queries = Studio.Services.GetRequiredService<ReviewQueries>();
        var told = new List<string>();
        async Task TimeAsync(string what, Func<Task> act)
        {
            await act();
            var times = new List<double>();
            for (var i = 0; i < 9; i++)
            {
                var start = TimeProvider.System.GetTimestamp();
                await act();
                times.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
            }

            told.Add(string.Create(CultureInfo.InvariantCulture, $"{what}: median {times.Order().ElementAt(4):0.0} ms, slowest {times.Max():0.0} ms"));
        }

        await TimeAsync("window of 40 rows at the start", () => queries.RowsAsync(set, StudioUser.LocalId, [.. Enumerable.Range(0, 40)], Stop));
        await TimeAsync("window of 40 rows at the end", () => queries.RowsAsync(set, StudioUser.LocalId, [.. Enumerable.Range(Captions - 40, 40)], Stop));
        await TimeAsync("filter: unreviewed", () => queries.ViewAsync(set, StudioUser.LocalId, new ReviewFilter { Status = ReviewStatus.Unreviewed }, Stop));
        await TimeAsync("filter: rejected by somebody", () => queries.ViewAsync(set, StudioUser.LocalId, new ReviewFilter { Status = ReviewStatus.Reject }, Stop));
        await TimeAsync("order: least diverse", () => queries.ViewAsync(set, StudioUser.LocalId, new ReviewFilter { Order = ReviewOrder.Diversity }, Stop));
        await TimeAsync("search in captions", () => queries.ViewAsync(set, StudioUser.LocalId, new ReviewFilter { Caption = "thing 77" }, Stop));
        await TimeAsync("counts", () => queries.SummaryAsync(set, StudioUser.LocalId, Stop));

        await OpenAsync(Page, "review");
        for (var i = 0; i < 3; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await Page.GotoAsync($"review/{set}");
            await Page.Locator("#rv-0-0 img[src]").WaitForAsync();
            told.Add(string.Create(CultureInfo.InvariantCulture, $"navigation to first row visible: {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms"));
        }

        await Page.Locator(".rv-grid").FocusAsync();
        told.Add("jump to the end (G) and back (g g), key to rows with data: " + await Page.EvaluateAsync<string>(
            """
            async () => {
              const grid = document.querySelector('.rv-grid'), times = [];
              const press = key => grid.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
              for (let i = 0; i < 6; i++) {
                const end = i % 2 === 0, place = end ? 24999 : 0, start = performance.now();
                if (end) press('G'); else { press('g'); press('g'); }
                while (!document.querySelector(`#rv-${place}-0 img[src]`)) await new Promise(requestAnimationFrame);
                times.push(Math.round(performance.now() - start));
                await new Promise(done => setTimeout(done, 300));
              }
              return times.join(', ') + ' ms';
            }
            """));
        foreach (var measure in Measures)
        {
            told.Add($"{measure}: " + await Page.EvaluateAsync<string>(
                """
                async speed => {
                  const scroller = document.querySelector('.rv-grid');
                  scroller.scrollTop = 0;
                  await new Promise(done => setTimeout(done, 500));
                  const frames = [], work = [];
                  let last = await new Promise(requestAnimationFrame);
                  const stop = last + 5000;
                  while (last < stop) {
                    scroller.scrollTop += speed === 'scroll' ? 30 : 1500;
                    const now = await new Promise(requestAnimationFrame);
                    frames.push(now - last);
                    last = now;
                  }
                  frames.sort((a, b) => a - b);
                  const at = share => frames[Math.floor(share * (frames.length - 1))].toFixed(1);
                  return `${frames.length} frames in 5 s, median ${at(.5)} ms, 95% ${at(.95)} ms, 99% ${at(.99)} ms, longest ${at(1)} ms, over 20 ms: ${frames.filter(time => time > 20).length}`;
                }
                """, measure));
        }

        told.Add("j held down, 200 keys: " + await Page.EvaluateAsync<string>(
            """
            async () => {
              const grid = document.querySelector('.rv-grid'), times = [];
              for (let i = 0; i < 200; i++) {
                const start = performance.now();
                grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
                times.push(performance.now() - start);
                await new Promise(requestAnimationFrame);
              }
              times.sort((a, b) => a - b);
              return `median ${times[100].toFixed(2)} ms, longest ${times[199].toFixed(2)} ms`;
            }
            """));
        foreach (var line in told)
        {
            TestContext.Current.TestOutputHelper!.WriteLine(line);
            await Console.Error.WriteLineAsync("REVIEW " + line);
        }
    }

    private async Task<Guid> SeedAsync()
    {
        var real = (await Studio.LaunchAsync("Real images", 12, Stop)).ImageSetId;
        await using var store = await Studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        while (await store.Images.CountAsync(image => image.ImageSetId == real, Stop) < 32)
        {
            await Task.Delay(200, Stop);
        }

        await Studio.IdleAsync(Stop);
        var (set, captions) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using var connection = await Studio.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Stop);
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO app.caption_sets SELECT (r).* FROM (
                SELECT jsonb_populate_record(c, jsonb_build_object('id', '{captions}', 'name', '25,000 captions', 'count', {Captions}, 'sha256', repeat('1', 64))) AS r
                FROM app.caption_sets c JOIN app.image_sets s ON s.caption_set_id = c.id WHERE s.id = '{real}') x;
            INSERT INTO app.captions (caption_set_id, index, text) SELECT '{captions}', i, 'a picture of thing ' || i || ' beside another' FROM generate_series(0, {Captions - 1}) i;
            INSERT INTO app.image_sets SELECT (r).* FROM (
                SELECT jsonb_populate_record(s, jsonb_build_object('id', '{set}', 'content_key', repeat('2', 64), 'caption_set_id', '{captions}',
                    'caption_count', {Captions}, 'images_per_prompt', 4)) AS r FROM app.image_sets s WHERE s.id = '{real}') x;
            INSERT INTO app.shards SELECT (r).* FROM (
                SELECT jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(), 'image_set_id', '{set}')) AS r FROM app.shards s WHERE s.image_set_id = '{real}') x;
            INSERT INTO app.images (image_set_id, shard_id, caption_index, image_index, seed, "offset", length)
            SELECT '{set}', t.id, n / 4, n % 4, 1, f."offset", f.length FROM generate_series(0, {(Captions * 4) - 1}) n
            JOIN (SELECT row_number() OVER (ORDER BY i.id) - 1 AS number, i."offset", i.length, s.index FROM app.images i JOIN app.shards s ON s.id = i.shard_id
                WHERE i.image_set_id = '{real}') f ON f.number = n % 32
            JOIN app.shards t ON t.image_set_id = '{set}' AND t.index = f.index ORDER BY n;
            INSERT INTO app.positive_set_measures SELECT '{set}', i, random() FROM generate_series(0, {Captions - 1}) i;
            INSERT INTO app.review_marks (image_id, reviewer_id, verdict, tags, comment, at)
            SELECT id, '{StudioUser.LocalId}', CASE WHEN id % 10 = 0 THEN 'reject' ELSE 'approve' END, CASE WHEN id % 50 = 0 THEN ARRAY['blurry'] ELSE ARRAY[]::text[] END, '', now()
            FROM app.images WHERE image_set_id = '{set}' AND id % 2 = 0;
            ANALYZE app.images; ANALYZE app.captions; ANALYZE app.review_marks; ANALYZE app.positive_set_measures;
            """, connection)
        { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync(Stop);
        return set;
    }
}
