using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Data.Hosting;

namespace StableRep.Api.Live;

/// <summary>
/// Keeps the experiments' streams small: an hour after they were written, events of metrics (the points are kept as curves) and of progress that
/// a later one supersedes are removed. Sequence numbers stay as they are, so that a reader who was away sees what is left in order, and learns
/// the rest from the snapshot. Deliveries of webhooks are kept for thirty days.
/// </summary>
internal sealed partial class EventRetention(StudioDatabase database, TimeProvider clock, ILogger<EventRetention> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan EventsKept = TimeSpan.FromHours(1);
    private static readonly TimeSpan DeliveriesKept = TimeSpan.FromDays(30);

    /// <summary>Removes what is old, unless another node is at it. The last event of an experiment always stays.</summary>
    /// <returns>How many events were removed.</returns>
    internal async Task<int> StepAsync(CancellationToken cancellationToken)
    {
        await using var lease = await WorkLease.TryTakeAsync(database.ConnectionString, "retention", clock, cancellationToken);
        if (lease is null)
        {
            return 0;
        }

        await using (var deliveries = database.Source.CreateCommand("DELETE FROM app.webhook_deliveries WHERE state <> 'pending' AND created_at < $1"))
        {
            deliveries.Parameters.Add(new() { Value = clock.GetUtcNow() - DeliveriesKept });
            await deliveries.ExecuteNonQueryAsync(cancellationToken);
        }

        // Only experiments that were at work lately can have something to remove.
        await using var events = database.Source.CreateCommand(
            """
            DELETE FROM app.experiment_events old USING app.experiments e
            WHERE old.experiment_id = e.id AND old.at < $1 AND old.sequence < e.last_sequence
                AND (e.finished_at IS NULL OR e.finished_at > $1 - interval '1 day')
                AND (old.kind = 'metrics' OR (old.kind = 'progress' AND old.sequence < (
                    SELECT max(last.sequence) FROM app.experiment_events last WHERE last.experiment_id = e.id AND last.kind = 'progress')))
            """);
        events.CommandTimeout = 300;
        events.Parameters.Add(new() { Value = clock.GetUtcNow() - EventsKept });
        return await events.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await StepAsync(stoppingToken) is > 0 and var removed)
                {
                    LogRemoved(removed);
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or InvalidOperationException)
            {
                LogFailed(exception.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Removed {Count} old events.")]
    private partial void LogRemoved(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old events are not removed: {Reason}")]
    private partial void LogFailed(string reason);
}
