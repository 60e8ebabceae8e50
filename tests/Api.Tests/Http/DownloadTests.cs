using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using StableRep.Api.Http;
using StableRep.Api.Tests.Experiments;

namespace StableRep.Api.Tests.Http;

/// <summary>Files that are asked for again, or in parts.</summary>
public sealed class DownloadTests(FinishedExperiment finished) : IClassFixture<FinishedExperiment>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string> Files => ["image", "shard", "encoder"];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_one_has_already_is_not_sent_again(string file)
    {
        var (whole, tag) = await WholeAsync(file);
        using var same = await AskAsync(file, request => request.Headers.IfNoneMatch.Add(tag));
        Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
        Assert.Empty(await same.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal(tag, same.Headers.ETag);
        using var other = await AskAsync(file, request => request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"other\"")));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal(whole, await other.Content.ReadAsByteArrayAsync(Stop));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_part_is_just_the_bytes_that_were_asked_for(string file)
    {
        var (whole, tag) = await WholeAsync(file);
        foreach (var (from, to, expected) in new (long?, long?, Range)[] { (0, 9, 0..10), (10, 10, 10..11), (100, null, 100..), (null, 7, ^7..), (50, 1L << 40, 50..) })
        {
            using var part = await AskAsync(file, request => request.Headers.Range = new RangeHeaderValue(from, to));
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            var bytes = await part.Content.ReadAsByteArrayAsync(Stop);
            Assert.Equal(whole[expected], bytes);
            var range = part.Content.Headers.ContentRange!;
            Assert.Equal((expected.Start.GetOffset(whole.Length), bytes.Length, whole.Length), (range.From, range.To - range.From + 1, range.Length));
            Assert.Equal(tag, part.Headers.ETag);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_part_outside_of_the_file_is_a_problem_that_says_its_length(string file)
    {
        var (whole, _) = await WholeAsync(file);
        using var outside = await AskAsync(file, request => request.Headers.Range = new RangeHeaderValue(whole.Length, whole.Length + 10));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, outside.StatusCode);
        Assert.Equal(whole.Length, outside.Content.Headers.ContentRange!.Length);
        Assert.Equal("/problems/range", (await outside.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_download_goes_on_only_with_the_file_that_it_began_with(string file)
    {
        var (whole, tag) = await WholeAsync(file);
        using var same = await AskAsync(file, request => (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(20, null), new RangeConditionHeaderValue(tag)));
        Assert.Equal(HttpStatusCode.PartialContent, same.StatusCode);
        Assert.Equal(whole[20..], await same.Content.ReadAsByteArrayAsync(Stop));
        using var other = await AskAsync(file, request => (request.Headers.Range, request.Headers.IfRange) = (new RangeHeaderValue(20, null), new RangeConditionHeaderValue("\"other\"")));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal(whole, await other.Content.ReadAsByteArrayAsync(Stop));
    }

    [Fact]
    public async Task A_thumbnail_is_kept_by_its_size()
    {
        var tags = new HashSet<EntityTagHeaderValue>();
        foreach (var size in (int[])[64, 128, 256])
        {
            using var first = await finished.Client.GetAsync($"{finished.Image}/thumbnail?size={size}", Stop);
            Assert.Equal((HttpStatusCode.OK, "image/webp"), (first.StatusCode, first.Content.Headers.ContentType!.MediaType));
            Assert.Contains("immutable", first.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            Assert.True(tags.Add(first.Headers.ETag!), "Two sizes have one tag.");
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{finished.Image}/thumbnail?size={size}");
            request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
            using var again = await finished.Client.SendAsync(request, Stop);
            Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
            Assert.Empty(await again.Content.ReadAsByteArrayAsync(Stop));
        }
    }

    private async Task<(byte[] Bytes, EntityTagHeaderValue Tag)> WholeAsync(string file)
    {
        using var response = await AskAsync(file, _ => { });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("bytes", Assert.Single(response.Headers.AcceptRanges));
        return (await response.Content.ReadAsByteArrayAsync(Stop), response.Headers.ETag!);
    }

    private async Task<HttpResponseMessage> AskAsync(string file, Action<HttpRequestMessage> change)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, finished.Files[file]);
        change(request);
        return await finished.Client.SendAsync(request, Stop);
    }
}
