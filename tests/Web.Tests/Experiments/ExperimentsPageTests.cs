using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using MudBlazor;
using StableRep.Api.Accounts;
using StableRep.Api.Experiments;
using StableRep.Api.Http.Lists;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Experiments;
using StableRep.Web.Shared;

namespace StableRep.Web.Tests.Experiments;

/// <summary>The table of experiments: what is in the address, what is done with many, and the views that one saves.</summary>
public sealed class ExperimentsPageTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Experiment _draft = null!;
    private Experiment _queued = null!;
    private Experiment _done = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _draft = await AddExperimentAsync("a draft", TrainingRecipes.Named("demo"));
        _queued = await AddExperimentAsync("one that waits", TrainingRecipes.Named("demo"));
        _done = await AddExperimentAsync("one that is done", TrainingRecipes.Named("demo", "simclr"));
        await ExecuteAsync($"ALTER TABLE app.experiments DISABLE TRIGGER USER; UPDATE app.experiments SET state = 'queued' WHERE id = '{_queued.Id}'; UPDATE app.experiments SET state = 'done' WHERE id = '{_done.Id}'; ALTER TABLE app.experiments ENABLE TRIGGER USER");
    }

    [Fact]
    public async Task Filter_order_and_columns_of_the_address_are_what_is_shown()
    {
        var page = Show("/experiments?filter=" + Uri.EscapeDataString("method = \"stablerep\"") + "&order=name&columns=method,state");
        Assert.Equal(["a draft", "one that waits"], Names(page));
        Assert.Equal(["Name ↑", "Method", "State"], page.FindAll("thead th").Skip(1).Select(head => head.TextContent.Trim()));
        await ActAsync(page, () => page.FindAll("thead th button")[0].ClickAsync());
        page.WaitForAssertion(() => Assert.Contains("order=name%20desc", Address(), StringComparison.Ordinal), Patience);
        page.WaitForAssertion(() => Assert.Equal(["one that waits", "a draft"], Names(page)), Patience);
        Assert.Contains("columns=method", Address(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_with_a_slip_says_what_is_wrong_and_leads_back_to_all()
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo("/experiments?filter=" + Uri.EscapeDataString("state = "));
        var page = Render<ExperimentsPage>();
        page.WaitForElement("[role=alert]", Patience);
        Assert.Equal("/experiments", page.Find("[role=alert] a").GetAttribute("href"));
    }

    [Fact]
    public async Task What_cannot_be_done_with_some_of_many_is_said_one_by_one_and_done_with_the_others()
    {
        var page = Show("/experiments");
        await ChooseAllAsync(page);
        Assert.Equal("3 chosen", page.Find(".bulk b").TextContent);
        await ActOnChosenAsync(page, "Cancel");
        Assert.StartsWith("Cancel: done with 1 experiment; 2 experiments were left as before.", page.Find(".bulk-outcome p").TextContent, StringComparison.Ordinal);
        var said = page.FindAll(".bulk-outcome li").Select(line => line.TextContent).Order().ToList();
        Assert.StartsWith("a draft: ", said[0], StringComparison.Ordinal);
        Assert.StartsWith("one that is done: ", said[1], StringComparison.Ordinal);
        Assert.Contains("is done and cannot become cancelled", said[1], StringComparison.Ordinal);
        Assert.Equal(ExperimentState.Cancelled, (await Get<ExperimentService>().GetAsync(_queued.Id, Stop)).State);
        var entry = Assert.Single((await Get<AuditLog>().ListAsync(new ListQuery { Filter = "action = \"experiment.cancel\"" }, Stop)).Items);
        Assert.Equal($"experiment {_queued.Id}", entry.Target);
    }

    [Fact]
    public async Task Deleting_asks_first_and_leaves_what_is_under_way()
    {
        var page = Show("/experiments");
        await ChooseAllAsync(page);
        await ActOnChosenAsync(page, "Delete", yes: false);
        Assert.Equal(3, Names(page).Count);
        await ActOnChosenAsync(page, "Delete");
        Assert.Equal(["one that waits"], Names(page));
        Assert.Equal("1 chosen", page.Find(".bulk b").TextContent);
        Assert.Contains("is under way", page.Find(".bulk-outcome li").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tag_is_given_to_all_that_are_chosen()
    {
        var page = Show("/experiments");
        await ChooseAllAsync(page);
        page.WaitForElement(".bulk form input", Patience);
        await ActAsync(page, () => page.Find(".bulk form input").ChangeAsync("good ones"));
        await ActAsync(page, () => page.Find(".bulk form").SubmitAsync());
        page.WaitForAssertion(() => Assert.Equal("Tag “good ones”: done with 3 experiments.", page.Find(".bulk-outcome p").TextContent), Patience);
        var tagged = await Get<ExperimentList>().SearchAsync(new ListQuery { Filter = "tags:\"good ones\"" }, Stop);
        Assert.Equal(3, tagged.Items.Count);
    }

    [Fact]
    public async Task Somebody_elses_experiments_stay_as_they_are()
    {
        Person.SetRoles("researcher");
        var page = Show("/experiments");
        await ChooseAllAsync(page);
        await ActOnChosenAsync(page, "Delete");
        Assert.Equal(3, page.FindAll(".bulk-outcome li").Count(line => line.TextContent.Contains("somebody else's", StringComparison.Ordinal)));
        Assert.Equal(3, Names(page).Count);
    }

    [Fact]
    public async Task Every_column_that_offers_an_order_has_one_and_its_pages_hold_every_row_once()
    {
        var list = Get<ExperimentList>();
        foreach (var order in ExperimentColumn.All.Select(column => column.Field).OfType<string>().SelectMany(field => new[] { field, $"{field} desc" }))
        {
            var names = new List<string>();
            string? token = null;
            do
            {
                var part = await list.SearchAsync(new ListQuery { PageSize = 1, PageToken = token, OrderBy = order }, Stop);
                names.AddRange(part.Items.Select(row => row.Name));
                token = part.NextPageToken;
            }
            while (token is not null);
            Assert.Equal(["a draft", "one that is done", "one that waits"], names.Order());
        }
    }

    [Fact]
    public void The_browsers_views_are_read_with_care()
    {
        Assert.Empty(SavedViews.Read(null));
        Assert.Empty(SavedViews.Read("{"));
        Assert.Empty(SavedViews.Read("[null,{},{\"Name\":\"x\",\"Address\":\"https://elsewhere\"},{\"Name\":\"x\",\"Address\":\"/experimentsx\"},{\"Name\":\" \",\"Address\":\"/experiments\"}]"));
        IReadOnlyList<SavedView> views = [new("mine", "/experiments?filter=a"), new("all", "/experiments")];
        Assert.Equal(views, SavedViews.Read(SavedViews.Write(views)));
        Assert.Equal(["all", "mine"], views.With(new SavedView("mine", "/experiments?order=name")).Select(view => view.Name));
        Assert.Equal(["mine"], views.Without("all").Select(view => view.Name));
    }

    [Fact]
    public async Task What_is_handed_to_the_live_page_is_small_and_the_same()
    {
        var page = await Get<ExperimentList>().SearchAsync(new ListQuery { PageSize = 50 }, Stop);
        var packed = Packed.Of(page)!;
        Assert.InRange(packed.Length, 1, 8_000);
        Assert.Equivalent(page, Packed.Read<Page<ExperimentSummary>>(packed), strict: true);
        Assert.Null(Packed.Of(Enumerable.Range(0, 60_000).Select(number => number * 7919L % 104_729).ToList()));
    }

    private static List<string> Names(IRenderedComponent<ExperimentsPage> page) => [.. page.FindAll("td.name").Select(cell => cell.TextContent)];

    private static Task ChooseAllAsync(IRenderedComponent<ExperimentsPage> page) =>
        ActAsync(page, () => page.Find("input[aria-label='Choose all on this page']").ChangeAsync(true));

    private string Address() => Services.GetRequiredService<NavigationManager>().Uri;

    private IRenderedComponent<ExperimentsPage> Show(string address)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        var page = Render<ExperimentsPage>();
        page.WaitForElement("tbody tr", Patience);
        return page;
    }

    private async Task ActOnChosenAsync(IRenderedComponent<ExperimentsPage> page, string action, bool yes = true)
    {
        var dialogs = Render<MudDialogProvider>();
        page.WaitForElement(".bulk form", Patience);
        var acting = ActAsync(page, () => page.FindAll(".bulk-actions button").First(button => button.TextContent.Trim() == action).ClickAsync());
        dialogs.WaitForElement(".mud-dialog-actions button", Patience);
        await ActAsync(dialogs, () => dialogs.FindAll(".mud-dialog-actions button")[yes ? 1 : 0].ClickAsync());
        await acting;
        if (yes)
        {
            page.WaitForElement(".bulk-outcome", Patience);
        }
    }
}
