using StableRep.Web.Compare;

namespace StableRep.Web.Tests.Compare;

public sealed class ShortNamesTests
{
    [Theory]
    [InlineData("Study · w 2|Study · w 4", "w 2|w 4")]
    [InlineData("Study · w 2 · seed 0|Study · w 2 · seed 1", "seed 0|seed 1")]
    [InlineData("Study|Study · w 2", "Study|Study · w 2")]
    [InlineData("Study · w 2|Study · w 2", "w 2|w 2")]
    [InlineData("one|other", "one|other")]
    [InlineData("Study · alone", "Study · alone")]
    public void What_all_names_begin_with_is_left_out_but_never_a_whole_name(string names, string expected) =>
        Assert.Equal(expected.Split('|'), ShortNames.Of(names.Split('|')));
}
