using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Data.Experiments;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Compare;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Compare;

/// <summary>Experiments side by side, from what the address says.</summary>
public sealed class ComparePageTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Experiment _first = null!;
    private Experiment _second = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _first = await AddExperimentAsync("Study · stablerep", TrainingRecipes.Named("demo"));
        _second = await AddExperimentAsync("Study · simclr", TrainingRecipes.Named("demo", "simclr"));
        await ExecuteAsync(
            $"""
            INSERT INTO app.metric_series (experiment_id, name) VALUES
                ('{_first.Id}', 'train/loss'), ('{_first.Id}', 'train/accuracy'), ('{_second.Id}', 'train/loss'), ('{_second.Id}', 'train/extra')
            """);
    }

    [Fact]
    public async Task Without_experiments_in_the_address_one_chooses_some_and_the_address_gets_them()
    {
        var page = Show("/compare");
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll(".pick li").Count), Patience);
        Assert.True(page.Find(".pick + button, section button").HasAttribute("disabled"));
        await ActAsync(page, () => page.Find(".pick input").ChangeAsync(true));
        page.WaitForAssertion(() => Assert.Contains(page.FindAll("section button"), button => button.TextContent.Trim() == "Compare 1 experiment"), Patience);
        await ActAsync(page, () => page.FindAll("section button").First(button => button.TextContent.Trim() == "Compare 1 experiment").ClickAsync());

        // The newest stands first.
        page.WaitForAssertion(() => Assert.EndsWith($"/compare?ids={_second.Id}", Address(), StringComparison.Ordinal), Patience);
    }

    [Fact]
    public void Names_are_shown_without_what_they_share_and_only_what_differs_is_listed()
    {
        var page = Compared();
        Assert.Equal(["stablerep", "simclr"], page.FindAll(".compared-item a").Select(link => link.TextContent));
        var differences = page.FindAll("section[aria-labelledby=differences-title] tbody th").Select(head => head.TextContent.Trim()).ToList();
        Assert.Contains(differences, name => name.Contains("method", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(differences, name => name.Contains("temperature", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Curves_of_the_address_are_drawn_with_a_line_for_each_experiment_and_unknown_ones_are_overlooked()
    {
        var page = Compared("&curves=train/extra,nothing");
        var chart = Assert.Single(page.FindComponents<CurveChart>()).Instance;
        Assert.Equal("train/extra", chart.Title);
        Assert.Equal([(_first.Id, "stablerep"), (_second.Id, "simclr")], chart.Series.Select(line => (line.ExperimentId, line.Label)));
        await ActAsync(page, () => page.FindAll(".compare-list input")[0].ChangeAsync(true));
        page.WaitForAssertion(() => Assert.Equal(2, page.FindComponents<CurveChart>().Count), Patience);
    }

    [Fact]
    public async Task Leaving_one_out_keeps_the_others()
    {
        var page = Compared();
        await ActAsync(page, () => page.Find($"button[aria-label='Leave {_first.Name} out']").ClickAsync());
        page.WaitForAssertion(() => Assert.EndsWith($"/compare?ids={_second.Id}", Address(), StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task Images_of_the_same_caption_and_number_stand_beside_each_other_and_the_address_says_which()
    {
        var page = Compared();
        page.WaitForAssertion(() => Assert.Equal(8, page.FindAll(".matrix tbody tr").Count), Patience);
        Assert.All(page.FindAll(".matrix tbody tr"), row => Assert.Equal(2, row.QuerySelectorAll("img").Length));
        await ActAsync(page, () => page.Find("button[aria-label='Next image of each caption']").ClickAsync());
        page.WaitForAssertion(() => Assert.Contains("image=1", Address(), StringComparison.Ordinal), Patience);
        page.WaitForAssertion(() => Assert.True(page.Find("button[aria-label='Next image of each caption']").HasAttribute("disabled")), Patience);
    }

    [Fact]
    public void An_experiment_that_is_gone_says_so_and_leads_to_the_choice()
    {
        var page = Show($"/compare?ids={_first.Id},{Guid.NewGuid()}");
        page.WaitForElement("[role=alert]", Patience);
        Assert.Equal("/compare", page.Find("[role=alert] a").GetAttribute("href"));
    }

    private string Address() => Services.GetRequiredService<NavigationManager>().Uri;

    private IRenderedComponent<ComparePage> Compared(string more = "")
    {
        var page = Show($"/compare?ids={_first.Id},{_second.Id}{more}");
        page.WaitForElement(".compared", Patience);
        return page;
    }

    private IRenderedComponent<ComparePage> Show(string address)
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo(address);
        return Render<ComparePage>();
    }
}
