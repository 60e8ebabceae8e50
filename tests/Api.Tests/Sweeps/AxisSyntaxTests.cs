using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using StableRep.Api.Sweeps;

namespace StableRep.Api.Tests.Sweeps;

public sealed class AxisSyntaxTests
{
    [Theory]
    [InlineData("7.5", "7.5")]
    [InlineData("1, 2, 4, 8", "1 2 4 8")]
    [InlineData(" 1 ,2,\t4", "1 2 4")]
    [InlineData("1-4", "1 2 3 4")]
    [InlineData("1-10 (+3)", "1 4 7 10")]
    [InlineData("1-10(+4)", "1 5 9")]
    [InlineData("1 - 3 ( 0.5 )", "1 1.5 2 2.5 3")]
    [InlineData("10-4 (-2)", "10 8 6 4")]
    [InlineData("3-1", "3 2 1")]
    [InlineData("5-5", "5")]
    [InlineData("1-3 [5]", "1 1.5 2 2.5 3")]
    [InlineData("1, 2, 4-10 (+2)", "1 2 4 6 8 10")]
    [InlineData("2, 1-3, 2.0", "2 1 3")]
    [InlineData("1–3", "1 2 3")]
    [InlineData("1e-4, 2E-4, 0.5e-3", "0.0001 0.0002 0.0005")]
    [InlineData("-2--1 (+0.5)", "-2 -1.5 -1")]
    [InlineData("0.1-0.3 (+0.1)", "0.1 0.2 0.3")]
    public void Numbers_reads_lists_ranges_and_both(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', AxisSyntax.Numbers(text).Select(AxisSyntax.Write)));

    [Theory]
    [InlineData("", 0, "a number is missing")]
    [InlineData("   ", 3, "a number is missing")]
    [InlineData("1,", 2, "a number is missing")]
    [InlineData("1,,2", 2, "',' is no number")]
    [InlineData("one", 0, "'o' is no number")]
    [InlineData("1 2", 2, "'2' is not expected")]
    [InlineData("1-", 2, "a number is missing")]
    [InlineData("1-10 (+", 6, "'+' is no number")]
    [InlineData("1-10 (+1", 8, "')' is missing")]
    [InlineData("1-10 (0)", 6, "a step of 0 never comes from 1 to 10")]
    [InlineData("1-10 (-1)", 6, "a step of -1 never comes from 1 to 10")]
    [InlineData("10-1 (+1)", 6, "a step of 1 never comes from 10 to 1")]
    [InlineData("1-10 [1]", 6, "1 is no number of values")]
    [InlineData("1-10 [2.5]", 6, "2.5 is no number of values")]
    [InlineData("1-1000", 0, "the range has 1000 values")]
    [InlineData("0-1 (+1e-28)", 0, "values and an axis at most 100")]
    [InlineData("1-60, 100-160", 13, "more than 100 values")]
    [InlineData("1e20", 0, "too large")]
    [InlineData("1e999999999999", 0, "'1e999999999999' is no number")]
    [InlineData("1.2.3", 3, "'.' is not expected")]
    [InlineData("1;2", 1, "';' is not expected")]
    [InlineData("<script>", 0, "'<' is no number")]
    public void Numbers_says_where_it_goes_wrong_and_what_to_write(string text, int position, string problem)
    {
        var error = Assert.Throws<AxisSyntaxException>(() => AxisSyntax.Numbers(text));
        Assert.Equal(position, error.Position);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Contains($"character {position + 1}", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
    }

    [Fact]
    public void Words_knows_names_whatever_their_case_and_says_which_there_are()
    {
        string[] known = ["stablerep", "stablerep+", "dpm++2m"];
        Assert.Equal(["stablerep+", "dpm++2m"], AxisSyntax.Words(" StableRep+ ,dpm++2m, stablerep+", known));
        var unknown = Assert.Throws<AxisSyntaxException>(() => AxisSyntax.Words("stablerep, vicreg", known));
        Assert.Equal(11, unknown.Position);
        Assert.Contains("There are: stablerep, stablerep+, dpm++2m.", unknown.Message, StringComparison.Ordinal);
        Assert.Equal(10, Assert.Throws<AxisSyntaxException>(() => AxisSyntax.Words("stablerep,", known)).Position);
    }

    [Fact]
    public void Whatever_numbers_are_written_are_read_back() => Prop.ForAll(
        ArbMap.Default.ArbFor<int[]>(),
        numbers =>
        {
            var values = numbers.Take(AxisSyntax.MaxValues).Select(number => number / 100m).Append(1).Distinct().Take(AxisSyntax.MaxValues).ToList();
            return AxisSyntax.Numbers(string.Join(", ", values.Select(AxisSyntax.Write))).SequenceEqual(values);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_range_is_an_arithmetic_progression_that_stays_between_its_ends() => Prop.ForAll(
        ArbMap.Default.ArbFor<short>(),
        ArbMap.Default.ArbFor<byte>(),
        ArbMap.Default.ArbFor<byte>(),
        (first, length, stride) =>
        {
            var (step, last) = ((stride + 1) / 8m, first + (length / 4m));
            var text = string.Create(CultureInfo.InvariantCulture, $"{first}-{AxisSyntax.Write(last)} (+{AxisSyntax.Write(step)})");
            var expected = (int)Math.Floor((last - first) / step) + 1;
            if (expected > AxisSyntax.MaxValues)
            {
                return Assert.Throws<AxisSyntaxException>(() => AxisSyntax.Numbers(text)).Position == 0;
            }

            var values = AxisSyntax.Numbers(text);
            return values.Count == expected && values[0] == first && values[^1] <= last && values[^1] + step > last
                && values.Zip(values.Skip(1)).All(pair => pair.Second - pair.First == step);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_read_or_refused_at_a_place_within_it() => Prop.ForAll(
        ArbMap.Default.ArbFor<string?>(),
        Gen.Elements("0123456789-+.,()[]eE –x ".ToCharArray()).ArrayOf().Select(characters => new string(characters)).ToArbitrary(),
        (any, likely) => new[] { any ?? "", likely }.All(text =>
        {
            try
            {
                return AxisSyntax.Numbers(text).Count is > 0 and <= AxisSyntax.MaxValues;
            }
            catch (AxisSyntaxException error)
            {
                return error.Position >= 0 && error.Position <= text.Length;
            }
        })).QuickCheckThrowOnFailure();
}
