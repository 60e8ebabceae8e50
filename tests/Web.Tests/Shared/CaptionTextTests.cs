using Bunit;
using StableRep.Web.Shared;

namespace StableRep.Web.Tests.Shared;

/// <summary>Captions as people wrote them.</summary>
public sealed class CaptionTextTests : BunitContext
{
    [Fact]
    public void A_caption_with_markup_is_shown_as_text()
    {
        var caption = Render<CaptionText>(parameters => parameters.Add(text => text.Text, "<script>alert(1)</script>"));
        Assert.Empty(caption.FindAll("script"));
        Assert.Equal("<script>alert(1)</script>", caption.Find(".caption").TextContent);
    }

    [Fact]
    public void A_long_caption_is_clamped_and_opens_with_a_click()
    {
        var text = string.Concat(Enumerable.Repeat("a very long caption ", 100));
        var caption = Render<CaptionText>(parameters => parameters.Add(shown => shown.Text, text));
        Assert.Equal("false", caption.Find("button").GetAttribute("aria-expanded"));
        Assert.True(caption.Find("button").TextContent.Length < text.Length, "All of it is sent at once.");
        caption.Find("button").Click();
        Assert.Equal(text, caption.Find("button").TextContent);
    }

    [Fact]
    public void A_caption_takes_the_direction_of_its_language() =>
        Assert.Equal("auto", Render<CaptionText>(parameters => parameters.Add(text => text.Text, "قطة على سجادة")).Find(".caption").GetAttribute("dir"));
}
