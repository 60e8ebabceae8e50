using System.Formats.Tar;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Api.Review;
using StableRep.Data.Accounts;
using StableRep.Data.Artifacts;
using StableRep.Data.Review;
using StableRep.Engine.Images;
using StableRep.Testing;

namespace StableRep.Api.Tests.Review;

/// <summary>The whole of a review by scripts: two researchers judge, an admin decides, a viewer looks on.</summary>
public sealed class ReviewHttpTests(TestCluster cluster) : IAsyncLifetime
{
    private ReviewUnderTest _review = null!;
    private LiveNode _node = null!;
    private HttpClient _viewer = null!;
    private HttpClient _researcher = null!;
    private HttpClient _admin = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _review = await ReviewUnderTest.CreateAsync(cluster);
        _node = await LiveNode.StartAsync(_review.Studio, AccountMode.Team);
        (_viewer, _researcher, _admin) = (await _node.ClientAsync(StudioRole.Viewer), await _node.ClientAsync(StudioRole.Researcher), await _node.ClientAsync(StudioRole.Admin));
        await using (var store = _review.Open())
        {
            await store.Shards.Where(shard => shard.ImageSetId == _review.SetId).ExecuteUpdateAsync(set => set.SetProperty(shard => shard.ArtifactKey, "review/one.tar"), Stop);
        }

        var file = System.IO.Path.Combine(_review.Studio.Folder, "one.tar");
        await File.WriteAllBytesAsync(file, [42], Stop);
        await _node.Services.GetRequiredService<IArtifactStore>().PutAsync("review/one.tar", file, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        _viewer.Dispose();
        _researcher.Dispose();
        _admin.Dispose();
        await _node.DisposeAsync();
        await _review.DisposeAsync();
    }

    [Fact]
    public async Task A_researcher_marks_rates_tags_and_comments_and_takes_steps_back()
    {
        Assert.Equal([0, 1], (await MarkAsync(_researcher, new { imageIds = Ids((0, 0), (1, 1)), verdict = "reject", rating = 2, addTags = new[] { "blurry", "cut" }, comment = "the cube is cut" })).Order());
        Assert.Equal([0], await MarkAsync(_researcher, new { imageIds = Ids((0, 0)), rating = 4, removeTags = new[] { "cut" } }));
        var mine = await _node.People.UserIdAsync(StudioRole.Researcher);
        var mark = Assert.Single((await SeeAsync(_viewer, 0)).Marks);
        Assert.Equal((mine, "reject", 4, "the cube is cut"), (mark.ReviewerId, mark.Verdict, mark.Rating, mark.Comment));
        Assert.Equal(["blurry"], mark.Tags);

        Assert.Equal([0], await UndoAsync(_researcher));
        Assert.Equal(2, Assert.Single((await SeeAsync(_viewer, 0)).Marks).Rating);
        Assert.Equal([0, 1], (await UndoAsync(_researcher)).Order());
        Assert.Empty((await SeeAsync(_viewer, 0)).Marks);
        Assert.Empty(await UndoAsync(_researcher));

        // Somebody else's steps are not theirs to take back.
        await MarkAsync(_admin, new { imageIds = Ids((2, 0)), verdict = "flag" });
        Assert.Empty(await UndoAsync(_researcher));
        Assert.Equal("flag", Assert.Single((await SeeAsync(_viewer, 2)).Marks).Verdict);
    }

    [Theory]
    [InlineData("""{"imageIds":[],"verdict":"approve"}""", "imageIds")]
    [InlineData("""{"imageIds":[999999],"verdict":"approve"}""", "imageIds")]
    [InlineData("""{"imageIds":[ID],"verdict":"maybe"}""", "verdict")]
    [InlineData("""{"imageIds":[ID],"rating":6}""", "rating")]
    [InlineData("""{"imageIds":[ID],"addTags":[" spaced "]}""", "addTags")]
    [InlineData("""{"verdict":"approve"}""", "imageIds")]
    public async Task A_mark_that_cannot_be_is_refused_with_its_field_and_changes_nothing(string body, string field)
    {
        using var content = new StringContent(body.Replace("ID", $"{_review.Images[(0, 0)]}", StringComparison.Ordinal), null, "application/json");
        using var response = await _researcher.PostAsync(Path("/marks"), content, Stop);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(field, (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Errors!.Keys);
        Assert.Equal(24, (await ReadAsync<ReviewSummary>(_viewer, "")).Statuses[ReviewStatus.Unreviewed]);
    }

    [Fact]
    public async Task A_viewer_reads_everything_and_changes_nothing()
    {
        await MarkAsync(_researcher, new { imageIds = Ids((0, 0)), verdict = "reject" });
        foreach (var path in (string[])["", "/view", "/view?status=reject", "/rows?count=3", "/rows?captions=0", "/agreement", "/assignments", "/marks.csv", "/marks.jsonl"])
        {
            Assert.Equal(HttpStatusCode.OK, (await _viewer.GetAsync(Path(path), Stop)).StatusCode);
        }

        Assert.Contains(await _viewer.GetFromJsonAsync<List<ReviewSet>>("/api/v1/image-sets/review", StudioJson.Options, Stop) ?? [], set => set.Id == _review.SetId && set.Judged == 1);
        foreach (var (method, path, body) in ((HttpMethod, string, object)[])
            [
                (HttpMethod.Post, "/marks", new { imageIds = Ids((1, 0)), verdict = "approve" }),
                (HttpMethod.Post, "/undo", new { }),
                (HttpMethod.Post, "/resolutions", new { imageIds = Ids((0, 0)), verdict = "approve" }),
                (HttpMethod.Put, "/settings", new { blind = true }),
                (HttpMethod.Post, "/assignments", new { ranges = new[] { new { first = 0, count = 1 } }, reviewerIds = new[] { _review.Ada } }),
                (HttpMethod.Delete, $"/assignments/{Guid.NewGuid()}", new { }),
                (HttpMethod.Post, "/regenerations", new { }),
            ])
        {
            using var request = new HttpRequestMessage(method, Path(path)) { Content = JsonContent.Create(body) };
            using var response = await _viewer.SendAsync(request, Stop);
            Assert.Equal((path, HttpStatusCode.Forbidden), (path, response.StatusCode));
            Assert.Equal("/problems/forbidden", (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
        }

        var after = await ReadAsync<ReviewSummary>(_viewer, "");
        Assert.Equal((23, 1, false, 0), (after.Statuses[ReviewStatus.Unreviewed], after.Statuses[ReviewStatus.Reject], after.Blind, after.Regenerating));
    }

    [Fact]
    public async Task Two_reviewers_agreement_is_counted_a_dispute_gets_a_last_word_and_the_rejected_are_made_again()
    {
        await MarkAsync(_researcher, new { imageIds = Ids((0, 0), (1, 0)), verdict = "reject" });
        await MarkAsync(_researcher, new { imageIds = Ids((2, 0), (3, 0)), verdict = "approve" });
        await MarkAsync(_admin, new { imageIds = Ids((0, 0)), verdict = "reject" });
        await MarkAsync(_admin, new { imageIds = Ids((1, 0), (2, 0), (3, 0)), verdict = "approve" });

        // They agree on 3 of 4. By chance: both reject 1/2 × 1/4, both approve 1/2 × 3/4, together 1/2; so kappa = (3/4 - 1/2) / (1 - 1/2).
        var pair = Assert.Single(await ReadAsync<List<ReviewAgreement>>(_viewer, "/agreement"));
        Assert.Equal((4, 0.75, 0.5), (pair.Agreement.Count, pair.Agreement.Raw, pair.Agreement.Kappa));
        Assert.Equal([1], (await ReadAsync<ReviewViewAnswer>(_viewer, "/view?disagreement=true")).Captions!);

        using (var judge = await _researcher.PostAsJsonAsync(Path("/resolutions"), new { imageIds = Ids((1, 0)), verdict = "reject" }, Stop))
        {
            Assert.Equal(HttpStatusCode.Conflict, judge.StatusCode);
        }

        using (var early = await _researcher.PostAsJsonAsync(Path("/regenerations"), new { imageIds = Ids((1, 0)) }, Stop))
        {
            Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        }

        using (var word = await _admin.PostAsJsonAsync(Path("/resolutions"), new { imageIds = Ids((1, 0)), verdict = "reject" }, Stop))
        {
            Assert.Equal([1], (await word.Content.ReadFromJsonAsync<ReviewChanged>(StudioJson.Options, Stop))!.Captions);
        }

        using (var again = await _researcher.PostAsJsonAsync(Path("/regenerations"), new { }, Stop))
        {
            Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
            Assert.Equal(2, (await again.Content.ReadFromJsonAsync<RegenerationAnswer>(StudioJson.Options, Stop))!.Images);
        }

        var summary = await ReadAsync<ReviewSummary>(_viewer, "");
        Assert.Equal((2, 0, 0), (summary.Regenerating, summary.Replaceable, summary.Disputed));
    }

    [Fact]
    public async Task In_blind_review_nobody_reads_a_verdict_before_both_have_judged_in_any_answer()
    {
        using (var mine = await _researcher.PutAsJsonAsync(Path("/settings"), new { blind = true }, Stop))
        {
            // The images are nobody's experiment of hers.
            Assert.Equal(HttpStatusCode.Conflict, mine.StatusCode);
        }

        using (var blind = await _admin.PutAsJsonAsync(Path("/settings"), new { blind = true }, Stop))
        {
            Assert.Equal(HttpStatusCode.NoContent, blind.StatusCode);
        }

        await MarkAsync(_researcher, new { imageIds = Ids((0, 0)), verdict = "reject", addTags = new[] { "secret-tag" }, comment = "secret words" });
        foreach (var path in (string[])["", "/view?status=reject", "/view?tag=secret-tag", "/rows?captions=0", "/marks.csv", "/marks.jsonl"])
        {
            var text = await _admin.GetStringAsync(Path(path), Stop);
            Assert.DoesNotContain("secret words", text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret-tag", text, StringComparison.Ordinal);
        }

        Assert.Equal((0, 1), ((await SeeAsync(_admin, 0)).Marks.Count, (await SeeAsync(_admin, 0)).Hidden));
        Assert.Contains("secret words", await _researcher.GetStringAsync(Path("/marks.csv"), Stop), StringComparison.Ordinal);
        await MarkAsync(_admin, new { imageIds = Ids((0, 0)), verdict = "approve" });
        Assert.Equal(2, (await SeeAsync(_admin, 0)).Marks.Count);
        Assert.Contains("secret words", await _admin.GetStringAsync(Path("/marks.csv"), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Captions_are_assigned_found_by_whoever_has_them_and_taken_back()
    {
        var me = await _node.People.UserIdAsync(StudioRole.Researcher);
        using var assigned = await _researcher.PostAsJsonAsync(Path("/assignments"), new { ranges = new[] { new { first = 4, count = 6 } }, reviewerIds = new[] { me, _review.Ada }, divide = true }, Stop);
        var made = (await assigned.Content.ReadFromJsonAsync<List<ReviewAssignment>>(StudioJson.Options, Stop))!;
        Assert.Equal([(me, 4, 3), (_review.Ada, 7, 3)], made.Select(part => (part.ReviewerId, part.FirstCaption, part.CaptionCount)));
        Assert.Equal([4, 5, 6], (await ReadAsync<ReviewViewAnswer>(_researcher, "/view?assignedTo=me")).Captions!);
        Assert.Equal(HttpStatusCode.NoContent, (await _researcher.DeleteAsync(Path($"/assignments/{made[0].Id}"), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _researcher.DeleteAsync(Path($"/assignments/{made[0].Id}"), Stop)).StatusCode);
        Assert.Equal([_review.Ada], (await ReadAsync<List<ReviewAssignment>>(_viewer, "/assignments")).Select(part => part.ReviewerId));
        using var unknown = await _researcher.PostAsJsonAsync(Path("/assignments"), new { ranges = new[] { new { first = 0, count = 13 } }, reviewerIds = new[] { me } }, Stop);
        Assert.Contains("ranges", (await unknown.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Errors!.Keys);
    }

    [Fact]
    public async Task The_accepted_set_and_the_marks_are_exported()
    {
        await MarkAsync(_researcher, new { imageIds = Ids((0, 0), (0, 1)), verdict = "approve", comment = "=cmd()" });
        await MarkAsync(_researcher, new { imageIds = Ids((1, 0)), verdict = "reject" });

        using var all = await _viewer.GetAsync(Path("/accepted.tar"), Stop);
        Assert.Equal(("application/x-tar", $"accepted-{_review.SetId}.tar"), (all.Content.Headers.ContentType?.MediaType, all.Content.Headers.ContentDisposition?.FileName));
        var names = await NamesAsync(all);
        Assert.Equal(23 * 3, names.Count);
        Assert.DoesNotContain(ShardWriter.KeyOf(1, 0) + ".png", names);
        using var approved = await _viewer.GetAsync(Path("/accepted.tar?approvedOnly=true"), Stop);
        Assert.Equal([ShardWriter.KeyOf(0, 0), ShardWriter.KeyOf(0, 1)], (await NamesAsync(approved)).Where(name => name.EndsWith(".png", StringComparison.Ordinal)).Select(name => name[..^4]));

        var table = (await _viewer.GetStringAsync(Path("/marks.csv"), Stop)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("image_id,caption_index,image_index,caption,status,reviewer,verdict,rating,tags,comment,at", table[0]);
        Assert.Equal(4, table.Length);
        Assert.Contains(",\"The researcher\",approve,,\"\",\"'=cmd()\",", table[1], StringComparison.Ordinal);
        var lines = (await _viewer.GetStringAsync(Path("/marks.jsonl"), Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(["approve", "approve", "reject"], lines.Select(line => line.GetProperty("mark").GetProperty("verdict").GetString()));
    }

    private static async Task<List<string>> NamesAsync(HttpResponseMessage response)
    {
        await using var tar = new TarReader(await response.Content.ReadAsStreamAsync(Stop));
        var names = new List<string>();
        while (await tar.GetNextEntryAsync(cancellationToken: Stop) is { } entry)
        {
            names.Add(entry.Name);
        }

        return names;
    }

    private Uri Path(string path) => new($"/api/v1/image-sets/{_review.SetId}/review{path}", UriKind.Relative);

    private long[] Ids(params (int Caption, int Number)[] images) => [.. images.Select(image => _review.Images[image])];

    private async Task<IReadOnlyList<int>> MarkAsync(HttpClient client, object change)
    {
        using var response = await client.PostAsJsonAsync(Path("/marks"), change, Stop);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Stop));
        return (await response.Content.ReadFromJsonAsync<ReviewChanged>(StudioJson.Options, Stop))!.Captions;
    }

    private async Task<IReadOnlyList<int>> UndoAsync(HttpClient client)
    {
        using var response = await client.PostAsync(Path("/undo"), null, Stop);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<ReviewChanged>(StudioJson.Options, Stop))!.Captions;
    }

    private async Task<T> ReadAsync<T>(HttpClient client, string path) => (await client.GetFromJsonAsync<T>(Path(path), StudioJson.Options, Stop))!;

    private async Task<ReviewImage> SeeAsync(HttpClient client, int caption) =>
        (await ReadAsync<List<ReviewRow>>(client, $"/rows?captions={caption}")).Single().Images.Single(image => image.Number == 0);
}
