using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Api.Live;
using StableRep.Api.Review;
using StableRep.Data.Review;
using StableRep.Testing;

namespace StableRep.Api.Tests.Review;

public sealed class ReviewServiceTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Marks_of_many_images_are_one_step_that_undo_takes_back()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        Assert.Equal([0, 1], (await review.MarkAsync(review.Ada, "approve", (0, 0), (0, 1), (1, 0))).Order());
        await review.Service.MarkAsync(
            review.SetId, review.Ada, new ReviewMarkChange { ImageIds = [review.Images[(0, 0)], review.Images[(2, 0)]], Verdict = "reject", Rating = 2, AddTags = ["blurry", "cut"], Comment = "no" }, Stop);
        await review.Service.MarkAsync(
            review.SetId, review.Ada, new ReviewMarkChange { ImageIds = [review.Images[(0, 0)]], AddTags = ["dark"], RemoveTags = ["cut"], Rating = 0 }, Stop);
        var mark = Assert.Single((await review.SeeAsync(review.Ben, 0, 0)).Marks);
        Assert.Equal((review.Ada, "reject", null, "no"), (mark.ReviewerId, mark.Verdict, mark.Rating, mark.Comment));
        Assert.Equal(["blurry", "dark"], mark.Tags);

        await review.Service.UndoAsync(review.SetId, review.Ada, Stop);
        mark = Assert.Single((await review.SeeAsync(review.Ben, 0, 0)).Marks);
        Assert.Equal(2, mark.Rating);
        Assert.Equal(["blurry", "cut"], mark.Tags);
        Assert.Equal([0, 2], (await review.Service.UndoAsync(review.SetId, review.Ada, Stop)).Order());
        Assert.Equal("approve", Assert.Single((await review.SeeAsync(review.Ben, 0, 0)).Marks).Verdict);
        Assert.Empty((await review.SeeAsync(review.Ben, 2, 0)).Marks);
        Assert.Empty(await review.Service.UndoAsync(review.SetId, review.Ben, Stop));
        await review.Service.UndoAsync(review.SetId, review.Ada, Stop);
        Assert.Empty(await review.Service.UndoAsync(review.SetId, review.Ada, Stop));
        Assert.Equal(24, (await review.Queries.SummaryAsync(review.SetId, review.Ada, Stop)).Statuses[ReviewStatus.Unreviewed]);
    }

    [Fact]
    public async Task An_image_of_another_set_changes_nothing()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        await Assert.ThrowsAsync<InputException>(() => review.Service.MarkAsync(
            review.SetId, review.Ada, new ReviewMarkChange { ImageIds = [review.Images[(0, 0)], 999_999], Verdict = "reject" }, Stop));
        await Assert.ThrowsAsync<InputException>(() => review.MarkAsync(review.Ada, "maybe", (0, 0)));
        await Assert.ThrowsAsync<MissingException>(() => review.Service.UndoAsync(Guid.NewGuid(), review.Ada, Stop));
        Assert.Empty((await review.SeeAsync(review.Ada, 0, 0)).Marks);
    }

    [Fact]
    public async Task The_majority_decides_ties_and_flags_keep_and_a_last_word_overrules()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        await review.MarkAsync(review.Ada, "reject", (0, 0), (1, 0), (2, 0));
        await review.MarkAsync(review.Ben, "approve", (0, 0), (1, 0));
        await review.MarkAsync(review.Cyd, "reject", (0, 0));
        await review.MarkAsync(review.Cyd, "flag", (2, 0), (3, 0));
        async Task<(ReviewStatus Status, bool Disputed)> At(int caption) =>
            await review.SeeAsync(review.Ada, caption, 0) is var image ? (image.Status, image.Disputed) : default;
        Assert.Equal((ReviewStatus.Reject, true), await At(0));
        Assert.Equal((ReviewStatus.Undecided, true), await At(1));
        Assert.Equal((ReviewStatus.Reject, true), await At(2));
        Assert.Equal((ReviewStatus.Flag, false), await At(3));
        Assert.Equal([0, 1, 2], (await review.Queries.ViewAsync(review.SetId, review.Ada, new ReviewFilter { Disagreement = true }, Stop))!.AsEnumerable());

        long[] tied = [review.Images[(1, 0)]];
        await Assert.ThrowsAsync<ConflictException>(() => review.Service.ResolveAsync(review.SetId, new(review.Ada, false), tied, Verdict.Reject, Stop));
        await Assert.ThrowsAsync<ConflictException>(() =>
            review.Service.ResolveAsync(review.SetId, new(review.Cyd, false), [review.Images[(3, 0)]], Verdict.Reject, Stop));
        await review.Service.ResolveAsync(review.SetId, new(review.Cyd, false), tied, Verdict.Reject, Stop);
        Assert.Equal((ReviewStatus.Reject, false), await At(1));
        await review.Service.ResolveAsync(review.SetId, new(review.Ada, true), tied, Verdict.Approve, Stop);
        Assert.Equal((ReviewStatus.Approve, false), await At(1));
        await review.Service.ResolveAsync(review.SetId, new(review.Cyd, false), tied, null, Stop);
        Assert.Equal((ReviewStatus.Undecided, true), await At(1));
    }

    [Fact]
    public async Task In_blind_review_nobody_sees_a_verdict_before_both_have_judged()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        await Assert.ThrowsAsync<ConflictException>(() => review.Service.SetBlindAsync(review.SetId, new(review.Ada, false), true, Stop));
        await review.Service.SetBlindAsync(review.SetId, new(review.Ada, true), true, Stop);
        await review.Service.MarkAsync(
            review.SetId, review.Ada, new ReviewMarkChange { ImageIds = [review.Images[(0, 0)]], Verdict = "reject", AddTags = ["secret"], Rating = 1 }, Stop);
        var seen = await review.SeeAsync(review.Ben, 0, 0);
        Assert.Equal((ReviewStatus.Undecided, 1, false), (seen.Status, seen.Hidden, seen.Disputed));
        Assert.Empty(seen.Marks);
        Assert.Single((await review.SeeAsync(review.Ada, 0, 0)).Marks);
        foreach (var filter in (ReviewFilter[])
            [
                new() { Status = ReviewStatus.Reject }, new() { ReviewerId = review.Ada, Status = ReviewStatus.Reject }, new() { Tag = "secret" }, new() { MaxRating = 1 },
                new() { ReviewerId = review.Ada },
            ])
        {
            Assert.Empty((await review.Queries.ViewAsync(review.SetId, review.Ben, filter, Stop))!);
        }

        Assert.Empty((await review.Queries.SummaryAsync(review.SetId, review.Ben, Stop)).Tags);
        await review.MarkAsync(review.Ben, "approve", (0, 0));
        Assert.Equal(["reject", "approve"], (await review.SeeAsync(review.Ada, 0, 0)).Marks.Select(mark => mark.Verdict));
        seen = await review.SeeAsync(review.Cyd, 0, 0);
        Assert.Equal((2, 0, true), (seen.Marks.Count, seen.Hidden, seen.Disputed));
        var pair = Assert.Single(await review.Queries.AgreementAsync(review.SetId, Stop));
        Assert.Equal((1, 0d), (pair.Agreement.Count, pair.Agreement.Raw));
    }

    [Fact]
    public async Task A_view_filters_and_orders_by_what_it_is_asked_for()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        await review.MarkAsync(review.Ada, "approve", (3, 0), (3, 1), (5, 0));
        await review.Service.MarkAsync(review.SetId, review.Ben, new ReviewMarkChange { ImageIds = [review.Images[(7, 1)]], Rating = 4, AddTags = ["nice"], Comment = "yes" }, Stop);
        await review.Service.MarkAsync(review.SetId, review.Ben, new ReviewMarkChange { ImageIds = [review.Images[(2, 1)]], Rating = 1 }, Stop);
        async Task<IEnumerable<int>> View(ReviewFilter filter) => (await review.Queries.ViewAsync(review.SetId, review.Ada, filter, Stop))!;
        Assert.Null(await review.Queries.ViewAsync(review.SetId, review.Ada, new ReviewFilter(), Stop));
        Assert.Equal([3, 5], await View(new() { Status = ReviewStatus.Approve }));
        Assert.Equal([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11], await View(new() { Status = ReviewStatus.Unreviewed }));
        Assert.Equal([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11], await View(new() { Status = ReviewStatus.Unreviewed, ReviewerId = review.Ada }));
        Assert.Equal(12, (await View(new() { Status = ReviewStatus.Unreviewed, ReviewerId = review.Ben })).Count());
        Assert.Equal([2, 7], await View(new() { ReviewerId = review.Ben }));
        Assert.Equal([7], await View(new() { Tag = "nice" }));
        Assert.Equal([7], await View(new() { MinRating = 2, MaxRating = 5 }));
        Assert.Equal([7], await View(new() { Commented = true }));
        Assert.Empty(await View(new() { Tag = "nice", ReviewerId = review.Ada }));
        Assert.Equal([0, 9, 10, 11], await View(new() { Caption = "OF 1" }));
        Assert.Empty(await View(new() { Caption = "%" }));
        Assert.Equal([3, 7, 11], await View(new() { MinDiversity = 0.3 }));
        Assert.Equal([0, 4, 8, 1], (await View(new() { Order = ReviewOrder.Diversity })).Take(4));
        Assert.Equal([3, 7, 11, 2], (await View(new() { Order = ReviewOrder.MostDiverse })).Take(4));
        Assert.Equal([7, 2, 0], (await View(new() { Order = ReviewOrder.BestRated })).Take(3));
        Assert.Equal([2, 7, 0], (await View(new() { Order = ReviewOrder.Rating })).Take(3));
        Assert.Equal([2, 7, 3, 5], (await View(new() { Order = ReviewOrder.Recent })).Take(4));
        await Assert.ThrowsAsync<InputException>(() => View(new() { MinRating = 9 }));
        Assert.Equal([11, 0], (await review.Queries.RowsAsync(review.SetId, review.Ada, [11, 0, 99, -1], Stop)).Select(row => row.Caption));
    }

    [Fact]
    public async Task Captions_are_assigned_to_people_and_divided_evenly()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        var made = await review.Service.AssignAsync(
            review.SetId, new NewReviewAssignment { Ranges = [new(1, 11)], ReviewerIds = [review.Ada, review.Ben], Divide = true }, review.Cyd, Stop);
        Assert.Equal([(review.Ada, 1, 5), (review.Ben, 6, 6)], made.Select(part => (part.ReviewerId, part.FirstCaption, part.CaptionCount)));
        Assert.Equal([6, 7, 8, 9, 10, 11], (await review.Queries.ViewAsync(review.SetId, review.Cyd, new ReviewFilter { AssignedTo = review.Ben }, Stop))!.AsEnumerable());
        var rows = await review.Queries.RowsAsync(review.SetId, review.Cyd, [0, 5, 6], Stop);
        Assert.Equal([[], [review.Ada], [review.Ben]], rows.Select(row => row.AssignedTo));
        await review.Service.UnassignAsync(review.SetId, made[0].Id, review.Cyd, Stop);
        Assert.Single(await review.Service.AssignmentsAsync(review.SetId, Stop));
        await Assert.ThrowsAsync<InputException>(() =>
            review.Service.AssignAsync(review.SetId, new NewReviewAssignment { Ranges = [new(10, 3)], ReviewerIds = [review.Ada] }, review.Cyd, Stop));
        await Assert.ThrowsAsync<InputException>(() =>
            review.Service.AssignAsync(review.SetId, new NewReviewAssignment { Ranges = [new(0, 1)], ReviewerIds = [Guid.NewGuid()] }, review.Cyd, Stop));
    }

    [Fact]
    public async Task Marks_and_looks_are_announced_to_everybody()
    {
        await using var review = await ReviewUnderTest.CreateAsync(cluster);
        var feed = review.Studio.Services.GetRequiredService<ExperimentFeed>();
        var heard = System.Threading.Channels.Channel.CreateUnbounded<ReviewNotice>();
        using var subscription = feed.SubscribeTopic(ReviewNotice.Topic(review.SetId), payload =>
        {
            heard.Writer.TryWrite(ReviewNotice.Parse(payload));
            return Task.CompletedTask;
        });
        await feed.Listening;
        await review.MarkAsync(review.Ada, "reject", (4, 0));
        var notice = await heard.Reader.ReadAsync(Stop);
        Assert.Equal((ReviewNotice.Marks, review.Ada), (notice.Kind, notice.By));
        Assert.Equal([4], notice.Captions!);

        var presence = new ReviewPresence(TimeProvider.System, "mine");
        await review.Service.LookAsync(review.SetId, review.Ben, new ReviewCursor("his", "Ben", 7, 8));
        Assert.True(presence.Hear(await heard.Reader.ReadAsync(Stop)));
        Assert.Equal([new ReviewPeer(review.Ben, "Ben", 7, 8)], presence.Peers());
        await review.Service.LookAsync(review.SetId, review.Ada, new ReviewCursor("mine", "Ada", 1, 2));
        Assert.False(presence.Hear(await heard.Reader.ReadAsync(Stop)));
        await review.Service.LookAsync(review.SetId, review.Ben, new ReviewCursor("his", "Ben", null, null));
        Assert.True(presence.Hear(await heard.Reader.ReadAsync(Stop)));
        Assert.Empty(presence.Peers());
    }
}
