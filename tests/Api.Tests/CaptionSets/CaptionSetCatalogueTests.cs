using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.CaptionSets;
using StableRep.Api.Http;
using StableRep.Testing;

namespace StableRep.Api.Tests.CaptionSets;

public sealed class CaptionSetCatalogueTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_set_is_found_searched_paged_and_measured()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var catalogue = studio.Services.GetRequiredService<CaptionSetCatalogue>();
        var id = await KeepAsync(studio, "mixed", "a 100% cat", "A CAT_nap", "a dog", "قطة تنام", "一只猫", "a dog");
        Assert.Equal("mixed", Assert.Single(await catalogue.ListAsync("MIX", cancellationToken: Stop)).Set.Name);
        Assert.Empty(await catalogue.ListAsync("%", cancellationToken: Stop));
        var matches = await catalogue.SearchAsync(id, "cat", Stop);
        Assert.Equal((2L, "0,1"), (matches.Count, string.Join(',', matches.Numbers)));
        Assert.Equal([0], (await catalogue.SearchAsync(id, "100%", Stop)).Numbers);
        Assert.Equal([1], (await catalogue.SearchAsync(id, "t_n", Stop)).Numbers);
        Assert.Equal([4], (await catalogue.SearchAsync(id, "猫", Stop)).Numbers);
        Assert.Equal(["a dog", "قطة تنام"], (await catalogue.PageAsync(id, 2, 2, Stop)).Select(caption => caption.Text));
        Assert.Equal(["A CAT_nap", "一只猫"], (await catalogue.PickAsync(id, [4, 1], Stop)).Select(caption => caption.Text));
        var lengths = await catalogue.LengthsAsync(id, Stop);
        Assert.Equal((3, 8, 10), (lengths.Shortest, lengths.Median, lengths.Longest));
        Assert.Equal(5, lengths.Bars.Sum(bar => bar.Count));
        Assert.Equal((6L, "a dog"), (Assert.Single(await catalogue.ProblemsAsync(id, Stop)) is var problem ? (problem.Line, problem.Excerpt) : default));
    }

    [Fact]
    public async Task DeleteAsync_refuses_a_set_in_use_and_deletes_one_that_is_not()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var catalogue = studio.Services.GetRequiredService<CaptionSetCatalogue>();
        var experiment = await studio.Experiments.CreateAsync(studio.Wanted("user"), cancellationToken: Stop);
        var refusal = await Assert.ThrowsAsync<ConflictException>(() => catalogue.DeleteAsync(studio.CaptionSetId, Stop));
        Assert.Contains("1 experiment uses 'twelve'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(experiment.Id, Assert.Single(await catalogue.ExperimentsAsync(studio.CaptionSetId, Stop)).Id);
        var id = await KeepAsync(studio, "other", "one", "two");
        await catalogue.DeleteAsync(id, Stop);
        await Assert.ThrowsAsync<MissingException>(() => catalogue.GetAsync(id, Stop));
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 7, 1)]
    [InlineData(1, 24, 24)]
    [InlineData(1, 2000, 21)]
    [InlineData(1990, 2000, 11)]
    public void Lengths_have_bars_of_round_widths_without_gaps(int shortest, int longest, int bars)
    {
        var lengths = CaptionLengths.Of([(shortest, 1), .. longest > shortest ? (IEnumerable<(int, long)>)[(longest, 3)] : []], 24);
        Assert.Equal(bars, lengths.Bars.Count);
        Assert.All(lengths.Bars.Zip(lengths.Bars.Skip(1)), pair => Assert.Equal(pair.First.To + 1, pair.Second.From));
        Assert.True(lengths.Bars[0].From <= shortest && lengths.Bars[^1].To >= longest);
    }

    private static async Task<Guid> KeepAsync(StudioUnderTest studio, string name, params string[] captions)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllLinesAsync(path, captions, Stop);
            var (set, _) = await studio.Services.GetRequiredService<CaptionSetService>().KeepAsync(CaptionFile.Open(path, "a.txt"), name, "a.txt", null, null, Stop);
            return set.Id;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
