using Bunit;
using MudBlazor.Services;
using StableRep.Api.Review;
using StableRep.Data.Review;
using StableRep.Web.Review;

namespace StableRep.Web.Tests.Review;

/// <summary>The panel beside the images of a review: its numbers, and what it asks for.</summary>
public sealed class ReviewPanelTests : BunitContext
{
    private static readonly Guid Me = Guid.NewGuid();
    private static readonly Guid Other = Guid.NewGuid();

    private static readonly ReviewSummary Summary = new()
    {
        Captions = 1200,
        Images = 4800,
        Statuses = new Dictionary<ReviewStatus, int>
        {
            [ReviewStatus.Approve] = 1000,
            [ReviewStatus.Reject] = 200,
            [ReviewStatus.Flag] = 10,
            [ReviewStatus.Undecided] = 5,
            [ReviewStatus.Unreviewed] = 3585,
        },
        Disputed = 4,
        Replaceable = 120,
        Regenerating = 0,
        Blind = false,
        Reviewers = [new(Me, 900), new(Other, 310), new(Guid.NewGuid(), 5)],
        Tags = [],
    };

    public ReviewPanelTests()
    {
        Services.AddMudServices();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    [Fact]
    public void Numbers_are_told_with_names_of_people_who_are_still_there()
    {
        var panel = Show();
        Assert.Equal(["1,000", "200", "10", "5", "3,585", "4"], panel.FindAll("section")[0].QuerySelectorAll("dd").Select(fact => fact.TextContent));
        Assert.Equal(("4800", "1215"), (panel.Find("progress").GetAttribute("max"), panel.Find("progress").GetAttribute("value")));
        Assert.Equal(["You", "Ada", "Somebody"], panel.FindAll("section")[1].QuerySelectorAll("dt").Select(name => name.TextContent));
    }

    [Fact]
    public void Agreement_that_is_not_defined_is_a_dash_and_not_a_zero()
    {
        var panel = Show(parameters => parameters.Add(page => page.Agreements, [new(Me, Other, new CohensKappa(40, 1, null)), new(Other, Me, new CohensKappa(7, 0.5, -0.125))]));
        Assert.Equal(
            [["You, Ada", "40", "100 %", "–"], ["Ada, You", "7", "50 %", "-0.13"]],
            panel.FindAll("tbody tr").Select(row => row.QuerySelectorAll("td").Select(cell => cell.TextContent).ToArray()));
    }

    [Fact]
    public async Task Captions_are_assigned_to_those_who_are_chosen_to_the_end_where_no_end_is_given()
    {
        NewReviewAssignment? asked = null;
        var panel = Show(parameters => parameters.Add(page => page.OnAssign, (NewReviewAssignment assignment) => asked = assignment));
        var submit = panel.Find(".review-assign button");
        Assert.True(submit.HasAttribute("disabled"));
        panel.FindAll(".review-assign fieldset input")[1].Change(true);
        panel.FindAll(".review-assign input[type=number]")[0].Change("100");
        await panel.Find(".review-assign").SubmitAsync();
        Assert.Equal((100, 1100), (asked!.Ranges[0].First, asked.Ranges[0].Count));
        Assert.Equal([Other], asked.ReviewerIds);
        Assert.True(asked.Divide);

        panel.FindAll(".review-assign input[type=number]")[1].Change("149");
        panel.FindAll(".review-assign fieldset input")[1].Change(false);
        panel.FindAll(".review-assign fieldset input")[0].Change(true);
        await panel.Find(".review-assign").SubmitAsync();
        Assert.Equal((100, 50), (asked.Ranges[0].First, asked.Ranges[0].Count));
        Assert.Equal([Me], asked.ReviewerIds);
    }

    [Fact]
    public void An_assignment_is_shown_with_both_ends_and_can_be_taken_back()
    {
        var part = new ReviewAssignment { Id = Guid.NewGuid(), ImageSetId = Guid.NewGuid(), ReviewerId = Other, FirstCaption = 1000, CaptionCount = 200, At = DateTimeOffset.UnixEpoch };
        var taken = Guid.Empty;
        var panel = Show(parameters => parameters.Add(page => page.Assignments, [part]).Add(page => page.OnUnassign, (Guid id) => taken = id));
        Assert.StartsWith("Ada: 1,000 – 1,199", panel.FindAll("section")[2].QuerySelector("li")!.TextContent, StringComparison.Ordinal);
        panel.Find("button[aria-label='Take back from Ada']").Click();
        Assert.Equal(part.Id, taken);
    }

    [Fact]
    public void Who_may_only_look_changes_nothing()
    {
        var panel = Show(isViewer: true);
        Assert.Empty(panel.FindAll("button"));
        Assert.Empty(panel.FindAll("form"));
        Assert.True(panel.Find(".review-check input").HasAttribute("disabled"));
    }

    [Fact]
    public void The_owner_makes_it_blind_and_rejected_images_anew_while_there_are_any()
    {
        (bool? blind, var anew) = ((bool?)null, 0);
        var panel = Show(parameters => parameters.Add(page => page.OnBlind, (bool value) => blind = value).Add(page => page.OnRegenerate, () => anew++));
        panel.FindAll(".review-check input")[0].Change(true);
        Assert.True(blind);
        var button = panel.FindAll("section")[0].QuerySelector("button")!;
        Assert.Equal("Make 120 rejected again", button.TextContent.Trim());
        panel.FindAll("section")[0].QuerySelector("button")!.Click();
        Assert.Equal(1, anew);
        panel.Render(parameters => parameters.Add(page => page.Summary, Summary with { Replaceable = 0, Regenerating = 120 }));
        Assert.True(panel.FindAll("section")[0].QuerySelector("button")!.HasAttribute("disabled"));
        Assert.Equal("120 replacements are on their way.", panel.Find("[role=status]").TextContent);
    }

    private IRenderedComponent<ReviewPanel> Show(Action<ComponentParameterCollectionBuilder<ReviewPanel>>? more = null, bool isViewer = false) => Render<ReviewPanel>(parameters =>
    {
        parameters.Add(page => page.Summary, Summary).Add(page => page.Me, Me).Add(page => page.People, [new(Me, "Me Myself"), new(Other, "Ada")])
            .Add(page => page.CanMark, !isViewer).Add(page => page.IsOwner, !isViewer);
        more?.Invoke(parameters);
    });
}
