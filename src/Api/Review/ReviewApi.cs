using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;
using StableRep.Api.Http;
using StableRep.Data.Accounts;
using StableRep.Data.Review;

namespace StableRep.Api.Review;

/// <summary>Reviewing image sets.</summary>
internal static class ReviewApi
{
    public static void MapReview(this IEndpointRouteBuilder api)
    {
        api.MapGet("/image-sets/review", ListAsync).WithName("ListReviews").RequireAuthorization(Policies.Viewer).WithTags("Review").WithSummary("The image sets to review, with their progress.");
        var read = api.MapGroup("/image-sets/{id:guid}/review").RequireAuthorization(Policies.Viewer).WithTags("Review");
        read.MapGet("/", SummaryAsync).WithName("GetReview").WithSummary("How far the review is.");
        read.MapGet("/view", ViewAsync).WithName("GetReviewView").WithSummary("The captions that a filter shows, in its order: a snapshot whose windows are read with /rows.");
        read.MapGet("/rows", RowsAsync).WithName("GetReviewRows").WithSummary("A window of positive sets: by the captions named, or by place in a filter's view.");
        read.MapGet("/agreement", AgreementAsync).WithName("GetReviewAgreement").WithSummary("Raw agreement and Cohen's kappa of each pair of reviewers.");
        read.MapGet("/assignments", AssignmentsAsync).WithName("ListReviewAssignments").WithSummary("Who is to review what.");
        read.MapGet("/accepted.tar", TarAsync).WithName("ExportAcceptedImages").WithSummary("The accepted images as a WebDataset tar.");
        read.MapGet("/marks.csv", CsvAsync).WithName("ExportMarksAsCsv").WithSummary("All marks as a table.");
        read.MapGet("/marks.jsonl", JsonLinesAsync).WithName("ExportMarksAsJsonLines").WithSummary("All marks as lines of JSON.");
        var write = api.MapGroup("/image-sets/{id:guid}/review").RequireAuthorization(Policies.Researcher).WithTags("Review");
        write.MapPost("/marks", MarkAsync).WithName("MarkImages").WithSummary("Changes the own marks of images, all or none.");
        write.MapPost("/undo", UndoAsync).WithName("UndoMarks").WithSummary("Takes the own last step back.");
        write.MapPost("/resolutions", ResolveAsync).WithName("ResolveDisputes").Audited("review.resolve", "image set").WithSummary("Gives the last word on images in dispute, or takes it back.");
        write.MapPut("/settings", SettingsAsync).WithName("SetReviewSettings").Audited("review.settings", "image set").WithSummary("Reviews blind or openly.");
        write.MapPost("/assignments", AssignAsync).WithName("AssignReview").Audited("review.assign", "image set").WithSummary("Assigns captions to people.");
        write.MapDelete("/assignments/{assignmentId:guid}", UnassignAsync).WithName("UnassignReview").Audited("review.unassign", "image set").WithSummary("Takes an assignment back.");
        write.MapPost("/regenerations", RegenerateAsync).WithName("RegenerateImages").Audited("review.regenerate", "image set").WithSummary("Has rejected images made again from the next noise.");
    }

    private static async Task<Ok<IReadOnlyList<ReviewSet>>> ListAsync(ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(await queries.ListAsync(Me(user), cancellationToken: stop));

    private static async Task<Ok<ReviewSummary>> SummaryAsync(Guid id, ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(await queries.SummaryAsync(id, Me(user), stop));

    private static async Task<Ok<ReviewViewAnswer>> ViewAsync(
        Guid id, [AsParameters] ReviewFilterQuery filter, ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop)
    {
        var view = await queries.ViewAsync(id, Me(user), filter.ToFilter(Me(user)), stop);
        return TypedResults.Ok(new ReviewViewAnswer(view?.Length ?? (await queries.FindAsync(id, stop)).Captions, view));
    }

    private static async Task<Ok<IReadOnlyList<ReviewRow>>> RowsAsync(
        Guid id, [AsParameters] ReviewFilterQuery filter, int[]? captions, int? offset, int? count, ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop)
    {
        if (captions is { Length: > 0 })
        {
            return TypedResults.Ok(await queries.RowsAsync(id, Me(user), captions, stop));
        }

        var (first, length) = (offset ?? 0, count ?? 50);
        if (first < 0 || length is < 1 or > ReviewQueries.LongestWindow)
        {
            throw new InputException(first < 0 ? "offset" : "count", $"Ask for 1 to {ReviewQueries.LongestWindow} rows from 0 on.");
        }

        var view = await queries.ViewAsync(id, Me(user), filter.ToFilter(Me(user)), stop);
        var total = view?.Length ?? (await queries.FindAsync(id, stop)).Captions;
        var window = Enumerable.Range(0, Math.Clamp(total - first, 0, length)).Select(place => view?[first + place] ?? first + place);
        return TypedResults.Ok(await queries.RowsAsync(id, Me(user), [.. window], stop));
    }

    private static async Task<Ok<IReadOnlyList<ReviewAgreement>>> AgreementAsync(Guid id, ReviewQueries queries, CancellationToken stop) =>
        TypedResults.Ok(await queries.AgreementAsync(id, stop));

    private static async Task<Ok<IReadOnlyList<ReviewAssignment>>> AssignmentsAsync(Guid id, ReviewService review, CancellationToken stop) =>
        TypedResults.Ok(await review.AssignmentsAsync(id, stop));

    private static async Task<PushStreamHttpResult> TarAsync(
        Guid id, bool? approvedOnly, ReviewExport export, ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop)
    {
        await queries.FindAsync(id, stop);
        return TypedResults.Stream(target => export.WriteTarAsync(id, Me(user), approvedOnly == true, target, stop), "application/x-tar", $"accepted-{id}.tar");
    }

    private static async Task<PushStreamHttpResult> CsvAsync(Guid id, ReviewExport export, ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop)
    {
        await queries.FindAsync(id, stop);
        return TypedResults.Stream(target => export.WriteCsvAsync(id, Me(user), target, stop), "text/csv", $"marks-{id}.csv");
    }

    private static async Task<PushStreamHttpResult> JsonLinesAsync(Guid id, ReviewExport export, ReviewQueries queries, ClaimsPrincipal user, CancellationToken stop)
    {
        await queries.FindAsync(id, stop);
        return TypedResults.Stream(target => export.WriteJsonLinesAsync(id, Me(user), target, stop), "application/jsonl", $"marks-{id}.jsonl");
    }

    private static async Task<Ok<ReviewChanged>> MarkAsync(Guid id, ReviewMarkChange change, ReviewService review, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(new ReviewChanged(await review.MarkAsync(id, Me(user), change, stop)));

    private static async Task<Ok<ReviewChanged>> UndoAsync(Guid id, ReviewService review, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(new ReviewChanged(await review.UndoAsync(id, Me(user), stop)));

    private static async Task<Ok<ReviewChanged>> ResolveAsync(Guid id, NewReviewResolution wanted, ReviewService review, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(new ReviewChanged(await review.ResolveAsync(id, Actor(user), wanted.ImageIds, wanted.Verdict, stop)));

    private static async Task<NoContent> SettingsAsync(Guid id, NewReviewSettings wanted, ReviewService review, ClaimsPrincipal user, CancellationToken stop)
    {
        await review.SetBlindAsync(id, Actor(user), wanted.Blind, stop);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<IReadOnlyList<ReviewAssignment>>> AssignAsync(
        Guid id, NewReviewAssignment wanted, ReviewService review, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Ok(await review.AssignAsync(id, wanted, Me(user), stop));

    private static async Task<NoContent> UnassignAsync(Guid id, Guid assignmentId, ReviewService review, ClaimsPrincipal user, CancellationToken stop)
    {
        await review.UnassignAsync(id, assignmentId, Me(user), stop);
        return TypedResults.NoContent();
    }

    private static async Task<Accepted<RegenerationAnswer>> RegenerateAsync(
        Guid id, NewRegeneration wanted, RegenerationService regeneration, ClaimsPrincipal user, CancellationToken stop) =>
        TypedResults.Accepted((string?)null, new RegenerationAnswer(await regeneration.RegenerateAsync(id, wanted.ImageIds, Me(user), stop)));

    private static Guid Me(ClaimsPrincipal user) => user.UserId() ?? throw new ConflictException("Reviews are of people: log in as one.");

    private static ReviewActor Actor(ClaimsPrincipal user) => new(Me(user), user.Is(StudioRole.Admin));
}
