using AngleSharp.Dom;
using Bunit;
using StableRep.Api.Sweeps;
using StableRep.Engine.Training;
using StableRep.Testing;
using StableRep.Web.Experiments;
using StableRep.Web.Sweeps;

namespace StableRep.Web.Tests.Sweeps;

/// <summary>The form of a sweep is the form of an experiment with axes above it.</summary>
public sealed class NewSweepPageTests(TestCluster cluster) : StoreContext(cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task It_has_the_fields_of_an_experiment_but_those_that_vary_and_a_plan_beside_it()
    {
        await AddExperimentAsync("some", TrainingRecipes.Named("demo"), captions: 40, images: 4);
        var page = Render<NewSweepPage>();
        page.WaitForElement(".facts", Patience);
        Assert.NotNull(page.FindComponent<ImageFields>());
        Assert.NotNull(page.FindComponent<RecipeFields>());
        Assert.NotNull(page.FindComponent<ProbeFields>());
        var labels = Labels(page);
        Assert.Contains("Base learning rate", labels);
        Assert.Contains("Encoder", labels);
        Assert.Contains("Negative prompt", labels);

        // The guidance scale and the training seed are axes.
        Assert.Empty(page.FindComponents<GuidanceField>());
        Assert.Single(labels, "Training seed");
        await WriteAsync(page, "Guidance scale", "");
        await WriteAsync(page, "Training seed", "");
        page.WaitForAssertion(() => Assert.Single(page.FindComponents<GuidanceField>()), Patience);
        Assert.Equal(2, Labels(page).Count(label => label == "Training seed"));
        page.WaitForAssertion(() => Assert.Contains("Nothing varies", page.Find(".plan").TextContent, StringComparison.Ordinal), Patience);
    }

    [Fact]
    public async Task An_axis_that_cannot_be_read_says_so_and_the_plan_follows_what_is_typed()
    {
        await AddExperimentAsync("some", TrainingRecipes.Named("demo"), captions: 40, images: 4);
        var page = Render<NewSweepPage>();
        page.WaitForElement(".facts", Patience);
        page.WaitForAssertion(() => Assert.Equal("Launch 15 experiments", Launch(page).TextContent.Trim()), Patience);
        await WriteAsync(page, "Guidance scale", "1-");
        page.WaitForElement(".plan-problems", Patience);
        Assert.True(Launch(page).HasAttribute("disabled"));
        await WriteAsync(page, "Guidance scale", "2, 4");
        page.WaitForAssertion(() => Assert.Equal("Launch 6 experiments", Launch(page).TextContent.Trim()), Patience);

        // The test's generator is not installed here: the plan says so.
        Assert.Contains("is not on this node", page.Find(".plan [role=alert]").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_request_gives_the_form_back()
    {
        var form = new SweepForm { EqualImagesSeen = false };
        form.Write(SweepAxis.Named("method"), "stablerep, clip");
        form.Write(SweepAxis.Named("trainingSeed"), " ");
        (form.Shared.Name, form.Shared.Tags, form.Shared.Priority) = ("many", "a, b, a", 4);
        form.Shared.TakePreset("paper-cc3m");
        var request = form.ToRequest();
        Assert.Equal(("stablerep, clip", null, "1-5 (+1)"), (request.Axes.Method, request.Axes.TrainingSeed, request.Axes.GuidanceScale));
        Assert.Equal(["a", "b"], request.Tags);
        Assert.Equivalent(request, SweepForm.Of(request).ToRequest(), strict: true);
    }

    [Theory]
    [InlineData("", "stablerep", false)]
    [InlineData("", "clip", true)]
    [InlineData("simclr, clip", "stablerep", true)]
    [InlineData("simclr, stablerep", "clip", false)]
    [InlineData("simclr, nonsense", "stablerep", true)]
    public void Zero_shot_probes_can_be_chosen_where_some_method_learns_from_text(string axis, string method, bool expected)
    {
        var form = new SweepForm();
        form.Shared.TakeMethod(method);
        form.Write(SweepAxis.Named("method"), axis);
        Assert.Equal(expected, form.UsesText);
    }

    private static List<string> Labels(IRenderedComponent<NewSweepPage> page) => [.. page.FindAll("label").Select(label => label.TextContent.Trim())];

    private static IElement Launch(IRenderedComponent<NewSweepPage> page) => page.FindAll(".launch button")[^1];

    private static Task WriteAsync(IRenderedComponent<NewSweepPage> page, string axis, string text) => ActAsync(page, () =>
    {
        // The axes are the first fields of the page.
        var label = page.FindAll("label").First(candidate => candidate.TextContent.Trim() == axis);
        return page.Find($"#{label.GetAttribute("for")}").InputAsync(text);
    });
}
