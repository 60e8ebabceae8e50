using StableRep.Api.CaptionSets;

namespace StableRep.Api.Tests.CaptionSets;

public sealed class CaptionTextTests
{
    [Theory]
    [InlineData("a red star", "a red star")]
    [InlineData("  a\tred \r\n star ", "a red star")]
    [InlineData("a red star ", "a red star")]
    [InlineData("a  red star", "a red star")]
    [InlineData("cafe\u0301", "café")]
    [InlineData("a\u00a0red\u3000star", "a red star")]
    [InlineData("nul\0and\u0007bell", "nulandbell")]
    [InlineData("猫 と 犬", "猫 と 犬")]
    [InlineData("family 👨‍👩‍👧", "family 👨‍👩‍👧")]
    [InlineData("<b>bold</b>", "<b>bold</b>")]
    [InlineData(" \t ", "")]
    [InlineData("", "")]
    public void Normalize_gives_one_form(string text, string expected)
    {
        Assert.Equal(expected, CaptionText.Normalize(text, out var cut));
        Assert.False(cut);
    }

    [Fact]
    public void Normalize_drops_half_a_surrogate_pair() => Assert.Equal("ab", CaptionText.Normalize("a\ud83db", out _));

    [Theory]
    [InlineData(1999, false)]
    [InlineData(2000, false)]
    [InlineData(2001, true)]
    [InlineData(10_000_000, true)]
    public void Normalize_cuts_what_is_too_long(int length, bool expected)
    {
        var text = CaptionText.Normalize(new string('a', length), out var cut);
        Assert.Equal((Math.Min(length, CaptionText.MaxLength), expected), (text.Length, cut));
    }

    [Fact]
    public void Normalize_cuts_between_characters()
    {
        var text = CaptionText.Normalize(new string('a', CaptionText.MaxLength - 1) + "😀😀", out var cut);
        Assert.True(cut);
        Assert.Equal(CaptionText.MaxLength - 1, text.Length);
    }
}
