using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Web.Tests.Browser;

/// <summary>Reviewing by keyboard, and several people at once.</summary>
public sealed class ReviewTests(BrowserStudio studio, TestCluster cluster) : BrowserTest(studio, cluster)
{
    private ReviewQueries Queries => Studio.Services.GetRequiredService<ReviewQueries>();

    [Fact]
    public async Task The_keyboard_reviews_images_and_other_browsers_see_the_marks_without_a_reload()
    {
        var set = await ImagesAsync();
        var other = await NewPageAsync();
        foreach (var page in (IPage[])[Page, other])
        {
            await OpenAsync(page, $"review/{set}");
            await page.Locator("#rv-0-1.rv-is-unreviewed").WaitForAsync();
        }

        await Page.Locator(".rv-grid").FocusAsync();
        await Page.Keyboard.PressAsync("a");
        await Page.Locator("#rv-0-0.rv-is-approve").WaitForAsync();
        await Page.Locator("#rv-0-1.rv-here").WaitForAsync();
        await Page.Keyboard.PressAsync("j");
        await Page.Keyboard.PressAsync("r");
        await Page.Keyboard.PressAsync("k");
        await Page.Keyboard.PressAsync("3");
        await other.Locator("#rv-0-0.rv-is-approve").WaitForAsync();
        await other.Locator("#rv-1-1.rv-is-reject").WaitForAsync();

        // The other browser's cursor is where the first one's keys went.
        await other.Locator(".rv-visited").First.WaitForAsync();
        await Page.Keyboard.PressAsync("t");
        await Page.GetByRole(AriaRole.Combobox, new() { Name = "Tag", Exact = true }).Or(Page.GetByLabel("Tag", new() { Exact = true })).Last.FillAsync("blurry");
        await Page.Keyboard.PressAsync("Enter");
        await WaitAsync(async () => (await MineAsync(set)).Any(mark => mark.Tags.Contains("blurry") || mark.Rating == 3));
        await Page.Keyboard.PressAsync("u");
        await WaitAsync(async () => (await MineAsync(set)).All(mark => !mark.Tags.Contains("blurry")));

        await other.Locator(".rv-grid").FocusAsync();
        await other.Keyboard.PressAsync("G");
        await other.Keyboard.PressAsync("Shift+ArrowUp");
        await other.Keyboard.PressAsync("f");
        await Page.Keyboard.PressAsync("G");
        await Page.Locator(".rv-is-flag").First.WaitForAsync();

        // Somebody else's verdict shows on both.
        var ada = await AddAsync("Ada");
        var row = (await Queries.RowsAsync(set, ada, [0], Stop)).Single();
        await Studio.Services.GetRequiredService<ReviewService>().MarkAsync(set, ada, new ReviewMarkChange { ImageIds = [row.Images[0].Id], Verdict = "reject" }, Stop);
        await Page.Keyboard.PressAsync("g");
        await Page.Keyboard.PressAsync("g");
        await Page.Locator("#rv-0-0.rv-disputed").WaitForAsync();
        await other.Keyboard.PressAsync("Home");
        await other.Locator("#rv-0-0 .rv-dot").WaitForAsync();
        await OpenAsync(Page, $"review/{set}?disagreement=true");
        await Page.Locator(".rv-place", new() { HasText = "1 of 1" }).WaitForAsync();
        Assert.DoesNotContain(Errors, error => !error.StartsWith("Failed to load resource", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_review_fits_a_phone_and_works_by_touch()
    {
        var set = await ImagesAsync();
        var phone = await NewPageAsync(width: 360, dark: true);
        await OpenAsync(phone, $"review/{set}");
        await phone.Locator("#rv-2-0").WaitForAsync();
        await phone.Locator("#rv-2-0").ClickAsync();
        await phone.GetByRole(AriaRole.Button, new() { Name = "reject (r)" }).ClickAsync();
        await phone.Locator("#rv-2-0.rv-is-reject").WaitForAsync();
        Assert.True(await phone.EvaluateAsync<bool>("document.documentElement.scrollWidth <= 360"), "The page is wider than the screen.");
    }

    private async Task<IEnumerable<ReviewMarkView>> MineAsync(Guid set) =>
        (await Queries.RowsAsync(set, StudioUser.LocalId, [.. Enumerable.Range(0, 16)], Stop)).SelectMany(row => row.Images).SelectMany(image => image.Marks)
            .Where(mark => mark.ReviewerId == StudioUser.LocalId);

    private async Task<Guid> AddAsync(string name)
    {
        await using var store = await Studio.Services.GetRequiredService<IDbContextFactory<StudioDbContext>>().CreateDbContextAsync(Stop);
        var person = new StudioUser { Id = Guid.CreateVersion7(), UserName = name, NormalizedUserName = name.ToUpperInvariant(), DisplayName = name };
        store.Users.Add(person);
        await store.SaveChangesAsync(Stop);
        return person.Id;
    }

    private async Task<Guid> ImagesAsync()
    {
        var set = (await Studio.LaunchAsync("A review", 11, Stop)).ImageSetId;
        await WaitAsync(async () => (await Queries.SummaryAsync(set, Guid.Empty, Stop)).Images == 32, TimeSpan.FromMinutes(3));
        return set;
    }

    private static async Task WaitAsync(Func<Task<bool>> holds, TimeSpan? patience = null)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !await holds();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < (patience ?? TimeSpan.FromSeconds(20)), "It does not come to hold.");
            await Task.Delay(50, Stop);
        }
    }
}
