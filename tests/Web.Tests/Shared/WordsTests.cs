using StableRep.Web.Shared;

namespace StableRep.Web.Tests.Shared;

/// <summary>Numbers and times as people read them.</summary>
public sealed class WordsTests
{
    [Theory]
    [InlineData(0.2, "1 s")]
    [InlineData(59, "59 s")]
    [InlineData(61, "1 min 1 s")]
    [InlineData(3599, "59 min")]
    [InlineData(3660, "1 h 1 min")]
    [InlineData(90000, "1 d 1 h")]
    public void Duration_has_the_two_largest_units(double seconds, string text) => Assert.Equal(text, Words.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1500, "1.5 kB")]
    [InlineData(250_000_000, "250 MB")]
    public void Bytes_have_the_unit_that_fits(double bytes, string text) => Assert.Equal(text, Words.Bytes(bytes));

    [Theory]
    [InlineData(1, "1 image")]
    [InlineData(12000, "12,000 images")]
    public void Count_takes_the_word_s_number(long number, string text) => Assert.Equal(text, Words.Count(number, "image"));

    [Theory]
    [InlineData(0.00001234, "1.234e-5")]
    [InlineData(3.14159, "3.142")]
    public void Value_has_four_digits(double value, string text) => Assert.Equal(text, Words.Value(value));
}
