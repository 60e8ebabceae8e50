using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using StableRep.Api.Review;
using StableRep.Data;
using StableRep.Data.Accounts;
using StableRep.Testing;
using StableRep.Web.Tests.Accounts;

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
    public async Task Two_people_who_log_in_see_each_others_marks_under_their_names_as_they_are_made()
    {
        var set = await ImagesAsync(seed: 13);
        await using var team = await TeamStudio.StartAsync(Studio.Database, Studio.DataFolder);
        var people = new List<(IPage Page, string Name)>();
        foreach (var (login, name) in ((string, string)[])[("grace", "Grace Hopper"), ("alan", "Alan Turing")])
        {
            await TeamStudio.AddPersonAsync(team, login, StudioRole.Researcher, name);
            var page = await NewPageAsync(address: team.Address);
            await TeamTests.LogInAsync(page, login, TeamStudio.Password);
            await OpenAsync(page, $"review/{set}");
            await page.Locator("#rv-0-1.rv-is-unreviewed").WaitForAsync();
            people.Add((page, name));
        }

        var (grace, alan) = (people[0].Page, people[1].Page);
        await grace.Locator(".rv-grid").FocusAsync();
        await grace.Keyboard.PressAsync("a");
        await alan.Locator("#rv-0-0 .rv-dot[title='Grace Hopper: approved']").WaitForAsync();
        await alan.Locator(".review-peer", new() { HasText = "Grace Hopper" }).WaitForAsync();
        await alan.Locator(".rv-grid").FocusAsync();
        await alan.Keyboard.PressAsync("r");
        await grace.Locator("#rv-0-0 .rv-dot[title='Alan Turing: rejected']").WaitForAsync();
        await grace.Locator("#rv-0-0.rv-disputed").WaitForAsync();
        await grace.Locator(".review-peer", new() { HasText = "Alan Turing" }).WaitForAsync();

        // Each has a verdict of their own, and nobody has one of the other's.
        await alan.Locator("#rv-0-0 .rv-dot[title='Grace Hopper: approved']").WaitForAsync();
        Assert.Equal(0, await grace.Locator("#rv-0-0 .rv-dot[title^='Grace Hopper']").CountAsync());
        var marks = (await Queries.RowsAsync(set, StudioUser.LocalId, [0], Stop)).Single().Images[0].Marks;
        Assert.Equal(["approve", "reject"], marks.Select(mark => mark.Verdict).Order());

        // A viewer looks on, live, and cannot judge.
        var vera = await TeamStudio.AddPersonAsync(team, "vera", StudioRole.Viewer, "Vera Rubin");
        var viewer = await NewPageAsync(address: team.Address);
        await TeamTests.LogInAsync(viewer, "vera", TeamStudio.Password);
        await OpenAsync(viewer, $"review/{set}");
        await viewer.Locator("#rv-0-0 .rv-dot").First.WaitForAsync();
        await grace.Keyboard.PressAsync("f");
        await viewer.Locator(".rv-dot[title='Grace Hopper: flagged']").First.WaitForAsync();
        Assert.Equal(0, await viewer.Locator(".rv-approve").CountAsync());
        await viewer.Locator(".rv-grid").FocusAsync();
        await viewer.Keyboard.PressAsync("a");
        await viewer.Keyboard.PressAsync("ArrowDown");
        await viewer.Locator("#rv-1-0.rv-here").WaitForAsync();
        Assert.DoesNotContain((await Queries.RowsAsync(set, StudioUser.LocalId, [0], Stop)).Single().Images.SelectMany(image => image.Marks), mark => mark.ReviewerId == vera);
    }

    [Fact]
    public async Task A_review_fits_a_phone_and_works_by_touch()
    {
        var set = await ImagesAsync();
        var phone = await NewPageAsync(width: 360, dark: true);
        await OpenAsync(phone, $"review/{set}");
        await phone.Locator("#rv-2-0:not(.rv-skeleton)").ClickAsync();
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

    private async Task<Guid> ImagesAsync(int seed = 11)
    {
        var set = (await Studio.LaunchAsync("A review", seed, Stop)).ImageSetId;
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
