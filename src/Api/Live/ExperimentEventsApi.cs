using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using StableRep.Api.Accounts;
using StableRep.Api.Http;

namespace StableRep.Api.Live;

/// <summary>The live stream over HTTP: the hub, and the same as server-sent events.</summary>
internal static class ExperimentEventsApi
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Registers the streams.</summary>
    public static void AddStudioLive(this IServiceCollection services)
    {
        services.AddSingleton<SnapshotService>();
        services.AddSingleton<LiveStream>();
        services.AddSignalR().AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions));
    }

    public static void MapExperimentHub(this WebApplication app) =>
        app.MapHub<ExperimentHub>("/hubs/experiments").RequireAuthorization(Policies.Viewer);

    public static void MapExperimentEvents(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/experiments/{id:guid}").WithTags("Live").RequireAuthorization(Policies.Viewer);
        group.MapGet("/events", FollowAsync).WithName("FollowExperiment").WithSummary(
            "Everything that happens in an experiment, as server-sent events: a snapshot, then each event with its sequence number as id. "
            + "Last-Event-ID or ?from= says which was seen last; from=0 begins with the first.");
        group.MapGet("/snapshot", SnapshotAsync).WithName("GetExperimentSnapshot").WithSummary(
            "Where an experiment stands: state, progress, the last point of each curve, probes and images, with the sequence number to follow from.");
    }

    private static async Task<Ok<ExperimentSnapshot>> SnapshotAsync(Guid id, SnapshotService snapshots, CancellationToken cancellationToken) =>
        TypedResults.Ok(await snapshots.GetAsync(id, cancellationToken));

    private static async Task<ServerSentEventsResult<string>> FollowAsync(
        Guid id,
        [FromHeader(Name = "Last-Event-ID")] string? lastEventId,
        [FromQuery] long? from,
        LiveStream live,
        LoginSessions sessions,
        ClaimsPrincipal user,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (lastEventId is { Length: > 0 })
        {
            from = long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                ? sequence
                : throw new InputException("Last-Event-ID", "Last-Event-ID must be the id of an event: a whole number.");
        }

        if (from < 0)
        {
            throw new InputException("from", "from must be the id of an event, or 0.");
        }

        var messages = sessions.WhileHoldingAsync(user, await live.OpenAsync(id, from, cancellationToken), cancellationToken);
        return TypedResults.ServerSentEvents(WriteAsync(messages, clock, cancellationToken));
    }

    /// <summary>The messages, and a heartbeat when there is none for a while, so that proxies and clients know that the line is alive.</summary>
    private static async IAsyncEnumerable<SseItem<string>> WriteAsync(
        IAsyncEnumerable<LiveMessage> messages, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var reader = messages.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = reader.MoveNextAsync().AsTask();
            while (await IsSilentAsync(next, clock))
            {
                yield return new SseItem<string>("", "heartbeat");
            }

            if (!await next)
            {
                yield break;
            }

            if (reader.Current.Snapshot is { } snapshot)
            {
                yield return new SseItem<string>(JsonSerializer.Serialize(snapshot, StudioJson.Options), "snapshot");
            }

            foreach (var entry in reader.Current.Events)
            {
                yield return new SseItem<string>(JsonSerializer.Serialize(entry, StudioJson.Options), entry.Kind)
                {
                    EventId = entry.Sequence.ToString(CultureInfo.InvariantCulture),
                };
            }
        }
    }

    private static async Task<bool> IsSilentAsync(Task next, TimeProvider clock)
    {
        try
        {
            await next.WaitAsync(Heartbeat, clock);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }
}
