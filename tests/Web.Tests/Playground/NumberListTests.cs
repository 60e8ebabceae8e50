using StableRep.Web.Playground;

namespace StableRep.Web.Tests.Playground;

public sealed class NumberListTests
{
    [Theory]
    [InlineData("1, 2,4 ;7.5", "1 2 4 7.5")]
    [InlineData(" 3\n3 ", "3")]
    [InlineData("1e1", "10")]
    public void Decimals_are_read_in_any_spacing_each_once(string text, string expected)
    {
        Assert.Null(NumberList.ReadDecimals(text, out var numbers));
        Assert.Equal(expected, string.Join(' ', numbers.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("0-3", "0 1 2 3")]
    [InlineData("5, 1-2, 2", "5 1 2")]
    [InlineData("-2--1", "-2 -1")]
    [InlineData("-7", "-7")]
    public void Whole_numbers_are_read_with_ranges(string text, string expected)
    {
        Assert.Null(NumberList.ReadWhole(text, out var numbers));
        Assert.Equal(expected, string.Join(' ', numbers));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("one")]
    [InlineData("1.5")]
    [InlineData("3-1")]
    [InlineData("0-9999999999")]
    [InlineData("99999999999999999999")]
    public void What_is_no_list_of_whole_numbers_is_said(string? text) => Assert.NotNull(NumberList.ReadWhole(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("1, x")]
    [InlineData("NaN")]
    [InlineData("1e999")]
    public void What_is_no_list_of_numbers_is_said(string text) => Assert.NotNull(NumberList.ReadDecimals(text, out _));
}
