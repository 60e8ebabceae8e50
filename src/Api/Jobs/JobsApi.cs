using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using StableRep.Api.Accounts;

namespace StableRep.Api.Jobs;

/// <summary>What waits and runs, and where.</summary>
internal static class JobsApi
{
    public static void MapJobs(this IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs", List).WithTags("Jobs").RequireAuthorization(Policies.Viewer).WithName("ListJobs").WithSummary("Shards, trainings and probes that run or wait");
        api.MapGet("/jobs/queue", Queue).WithTags("Jobs").RequireAuthorization(Policies.Admin).WithName("GetQueue").WithSummary("The job queue's numbers and workers");
        api.MapGet("/nodes", Nodes).WithTags("Jobs").RequireAuthorization(Policies.Viewer).WithName("ListNodes").WithSummary("Nodes with their devices");
    }

    private static async Task<Ok<IReadOnlyList<JobView>>> List(
        JobBoard board, [Description("pending, running or failed; the first two without it.")] string? state = null,
        [Description("The most units, from 1 to 1000.")] int limit = 200, CancellationToken stop = default) => TypedResults.Ok(await board.ListAsync(state, limit, stop));

    private static Ok<QueueView> Queue(JobBoard board) => TypedResults.Ok(board.Queue());

    private static async Task<Ok<IReadOnlyList<NodeView>>> Nodes(JobBoard board, CancellationToken stop) => TypedResults.Ok(await board.NodesAsync(stop));
}
