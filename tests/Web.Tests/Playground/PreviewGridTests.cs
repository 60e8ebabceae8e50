using Bunit;
using MudBlazor.Services;
using StableRep.Api.Playground;
using StableRep.Data.Playground;
using StableRep.Web.Playground;

namespace StableRep.Web.Tests.Playground;

public sealed class PreviewGridTests : BunitContext
{
    private static readonly NewPreview Request = new()
    {
        GeneratorId = Guid.NewGuid(),
        Prompts = [new PreviewPrompt("<b>猫</b>")],
        GuidanceScales = [1, 7.5],
        Seeds = [4, 5],
    };

    [Fact]
    public void Images_stand_at_their_scale_and_seed_and_places_wait_for_the_others()
    {
        var grid = Render<PreviewGrid>(parameters => parameters.Add(page => page.Preview, View(PreviewState.Running, done: 3)));
        Assert.Equal(["w 1", "w 7.5"], grid.FindAll("thead th").Skip(1).Select(cell => cell.TextContent));
        Assert.Equal(["4", "5"], grid.FindAll("tbody th").Select(cell => cell.TextContent));
        Assert.Equal(["/0", "/1", "/2", null], grid.FindAll("tbody td").Select(cell => cell.QuerySelector("img")?.GetAttribute("src")));
        Assert.NotNull(grid.Find(".tile-coming"));
        Assert.Equal("3 of 4 images", grid.Find("[role=status]").TextContent);
        Assert.Equal("<b>猫</b>", grid.Find(".grid-prompt").TextContent);
    }

    [Fact]
    public void Diversity_stands_under_its_column_once_it_can_be_measured()
    {
        var grid = Render<PreviewGrid>(parameters => parameters.Add(page => page.Preview, View(PreviewState.Running, done: 3) with
        {
            Measures = [new PreviewMeasure(0, 1, 2, 0.25), new PreviewMeasure(0, 7.5, 1, null)],
        }));
        Assert.Equal(["0.250", "—"], grid.FindAll(".measure").Select(cell => cell.TextContent.Trim()));
    }

    [Fact]
    public void A_click_opens_the_image_and_a_scale_leads_to_a_new_experiment()
    {
        var opened = -1;
        var grid = Render<PreviewGrid>(parameters => parameters
            .Add(page => page.Preview, View(PreviewState.Done, done: 4))
            .Add(page => page.OnOpen, (int index) => opened = index)
            .Add(page => page.UseHref, scale => $"/use/{scale}"));
        grid.FindAll("tbody button")[2].Click();
        Assert.Equal(2, opened);
        Assert.Equal(["/use/1", "/use/7.5"], grid.FindAll(".use a").Select(link => link.GetAttribute("href")));
    }

    [Fact]
    public void What_failed_says_why_and_waits_for_nothing()
    {
        Services.AddMudServices();
        var grid = Render<PreviewGrid>(parameters => parameters.Add(page => page.Preview, View(PreviewState.Failed, done: 1) with { Failure = "The device is gone." }));
        Assert.Contains("The device is gone.", grid.Find("[role=alert]").TextContent, StringComparison.Ordinal);
        Assert.Empty(grid.FindAll(".tile-coming"));
    }

    private static PreviewView View(PreviewState state, int done)
    {
        PreviewImage[] images =
        [
            .. from seed in Request.Seeds
            from scale in Request.GuidanceScales
            select new PreviewImage(new PreviewCell(0, seed, 0, scale), null),
        ];
        return new PreviewView(
            Guid.NewGuid(), state, null, Request, [.. images.Select((image, index) => index < done ? image with { Address = $"/{index}" } : image)], [], DateTimeOffset.UnixEpoch);
    }
}
