using System.Globalization;
using AngleSharp.Dom;
using Bunit;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;
using StableRep.Data.Metrics;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

/// <summary>Eight captions in batches of four: what is behind a step.</summary>
public sealed class CaptionsTabTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TrainingRecipe Recipe = TrainingRecipes.Named("demo") with { SetsPerBatch = 4, ImagesPerSet = 2, Seed = 3 };
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private Experiment _experiment = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _experiment = await AddExperimentAsync("hard captions", Recipe);
        await ExecuteAsync($"INSERT INTO app.metric_series (experiment_id, name) VALUES ('{_experiment.Id}', 'train/loss')");
        await ExecuteAsync("INSERT INTO app.metric_points (series_id, step, value, at) SELECT s.id, n, CASE n WHEN 5 THEN 7.5 ELSE 1 END, now() FROM app.metric_series s, generate_series(1, 6) n");
        await ExecuteAsync($"INSERT INTO app.training_selections (experiment_id, shard_ids, rejected_ids, at) SELECT '{_experiment.Id}', array_agg(id), '{{}}', now() FROM app.shards");

        // Each caption's highest loss was in the first pass, but for the hardest of step 5.
        await ExecuteAsync(
            $"INSERT INTO app.caption_losses SELECT '{_experiment.Id}', n, {6}, 0.5 + n / 100.0, CASE n WHEN {Hardest} THEN 5 ELSE 1 END, CASE n WHEN {Hardest} THEN 2 ELSE 3 END FROM generate_series(0, 7) n");
    }

    private static int[] Batch(long step) => TrainingOrder.Of(Recipe, 8).Sets(step).ToArray();

    private static int Hardest => Batch(5)[2];

    [Fact]
    public void A_step_shows_the_captions_of_its_batch_with_their_images_and_first_what_was_hardest_there()
    {
        var tab = Show(CaptionView.At(5));
        Assert.Equal(Batch(5).Order(), Captions(tab).Order());
        Assert.Equal(Hardest, Captions(tab)[0]);
        Assert.Equal("2 here, its highest", Text(tab.Find(".caption-side p")));
        Assert.Single(tab.FindAll(".caption-here"));
        Assert.All(tab.FindAll(".caption-images"), row => Assert.Equal(2, row.QuerySelectorAll("img").Length));
        Assert.StartsWith("Step 5: trained on 4 captions; the highest loss was 7.5.", Text(tab.Find(".captions-about")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_shows_the_captions_of_all_its_batches_and_names_the_step_of_the_spike()
    {
        var tab = Show(new CaptionView(CaptionLossOrder.Last, 4, 5));
        Assert.Equal(Batch(4).Union(Batch(5)).OrderDescending(), Captions(tab));
        Assert.Contains("the highest loss was 7.5 at step 5", Text(tab.Find(".captions-about")), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_steps_all_captions_are_shown_and_each_leads_to_the_step_of_its_highest_loss()
    {
        var tab = Show(new CaptionView(CaptionLossOrder.Peak, null, null));
        Assert.Equal(8, Captions(tab).Count);
        Assert.Equal(Hardest, Captions(tab)[^1]);
        Assert.Empty(tab.FindAll(".captions-about"));
        Assert.EndsWith("?tab=captions&from=1&to=1", tab.Find(".caption-side a").GetAttribute("href"), StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_that_were_not_trained_say_so()
    {
        var tab = Render(CaptionView.At(700));
        tab.WaitForAssertion(() => Assert.Contains("No training there", tab.Markup, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task What_reviewers_rejected_before_the_training_is_not_among_the_captions_of_a_batch()
    {
        // Two of a caption's two images are rejected: the method needs two.
        await ExecuteAsync("UPDATE app.training_selections SET rejected_ids = (SELECT array_agg(id) FROM app.images WHERE caption_index = 0)");
        var read = await Get<StepCaptionReader>().ReadAsync(_experiment, 1, 1, Stop);
        Assert.Equal(TrainingOrder.Of(Recipe, 7).Sets(1).ToArray().Select(set => set + 1).Order(), read.Captions);
    }

    [Fact]
    public async Task The_steps_beside_are_as_many_and_the_address_gets_them()
    {
        CaptionView? asked = null;
        var tab = Show(new CaptionView(CaptionLossOrder.Peak, 3, 4), view => asked = view);
        await ActAsync(tab, () => tab.Find("button[aria-label='The steps after']").ClickAsync());
        Assert.Equal(new CaptionView(CaptionLossOrder.Peak, 5, 6), asked);
        await ActAsync(tab, () => tab.Find("button[aria-label='The steps before']").ClickAsync());
        Assert.Equal(new CaptionView(CaptionLossOrder.Peak, 1, 2), asked);
        Assert.Null(CaptionView.At(1).Beside(forth: false));
        Assert.Null(new CaptionView(CaptionLossOrder.Peak, 5, null).Beside(forth: true));
    }

    private static List<int> Captions(IRenderedComponent<CaptionsTab> tab) =>
        [.. tab.FindAll(".caption-side .caption").Select(caption => int.Parse(Text(caption)["caption ".Length..], CultureInfo.InvariantCulture))];

    private static string Text(IElement element) => string.Join(' ', element.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private IRenderedComponent<CaptionsTab> Show(CaptionView view, Action<CaptionView>? asked = null)
    {
        var tab = Render(view, asked);
        tab.WaitForElement(".captions", Patience);
        return tab;
    }

    private IRenderedComponent<CaptionsTab> Render(CaptionView view, Action<CaptionView>? asked = null) => Render<CaptionsTab>(parameters => parameters
        .Add(tab => tab.Experiment, _experiment)
        .Add(tab => tab.View, view)
        .Add(tab => tab.OnView, asked ?? (_ => { })));
}
