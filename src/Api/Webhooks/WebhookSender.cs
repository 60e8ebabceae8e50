using System.Security.Cryptography;
using Npgsql;
using NpgsqlTypes;
using StableRep.Api.Live;

namespace StableRep.Api.Webhooks;

/// <summary>
/// Sends what waits to be delivered. Any number of nodes do: each takes its own deliveries by moving their next attempt ahead, so that one
/// whose sender dies is tried again. A receiver may therefore see a delivery twice, and never misses one.
/// </summary>
internal sealed partial class WebhookSender(
    NpgsqlDataSource source, ExperimentFeed feed, WebhookClient client, WebhookSecrets secrets, TimeProvider clock, ILogger<WebhookSender> logger) : BackgroundService
{
    private const int BatchSize = 20;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan InHand = TimeSpan.FromMinutes(1);

    /// <summary>The pauses between tries; after the last one the delivery is given up.</summary>
    internal static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        TimeSpan.FromHours(6), TimeSpan.FromHours(12),
    ];

    /// <summary>Sends everything that is due, and says how much that was.</summary>
    internal async Task<int> StepAsync(CancellationToken cancellationToken)
    {
        var due = await TakeAsync(cancellationToken);
        await Parallel.ForEachAsync(due, cancellationToken, async (delivery, stop) => await SendAsync(delivery, stop));
        return due.Count;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var bell = new Bell();
        using var news = feed.SubscribeAll(_ =>
        {
            bell.Ring();
            return Task.CompletedTask;
        });
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await StepAsync(stoppingToken) == BatchSize)
                {
                    continue;
                }
            }
#pragma warning disable CA1031 // The database may be away for a while; the next step sees everything anew.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFailed(exception);
            }

            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            patience.CancelAfter(Interval);
            await bell.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<List<Due>> TakeAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            WITH due AS (
                SELECT id FROM app.webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= $1
                ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED)
            UPDATE app.webhook_deliveries d SET attempts = attempts + 1, next_attempt_at = $1 + $2
            FROM due, app.webhooks w WHERE d.id = due.id AND w.id = d.webhook_id
            RETURNING d.id, d.event, d.payload, d.attempts, w.url, w.secret
            """);
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        command.Parameters.Add(new() { Value = InHand });
        command.Parameters.Add(new() { Value = BatchSize });
        var due = new List<Due>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            due.Add(new Due(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetString(4), reader.GetString(5)));
        }

        return due;
    }

    private async Task SendAsync(Due delivery, CancellationToken stop)
    {
        int? status = null;
        string? failure;
        try
        {
            status = await client.SendAsync(delivery.Url, secrets.Reveal(delivery.Secret), delivery.Id, delivery.Event, delivery.Payload, stop);
            failure = status is >= 200 and < 300 ? null : $"The receiver answered {status}.";
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException)
        {
            failure = "The webhook's secret cannot be read, because the key that protects it is lost: delete the webhook and make another.";
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is TaskCanceledException && !stop.IsCancellationRequested))
        {
            failure = exception.Message;
        }

        await RecordAsync(delivery, status, failure, stop);
    }

    private async Task RecordAsync(Due delivery, int? status, string? failure, CancellationToken stop)
    {
        var now = clock.GetUtcNow();
        var last = delivery.Attempts > Pauses.Length;
        await using var command = source.CreateCommand(
            """
            UPDATE app.webhook_deliveries SET state = $2, status = $3, failure = $4, next_attempt_at = $5, finished_at = $6
            WHERE id = $1 AND state = 'pending'
            """);
        command.Parameters.Add(new() { Value = delivery.Id });
        command.Parameters.Add(new() { Value = failure is null ? "delivered" : last ? "failed" : "pending" });
        command.Parameters.Add(new() { Value = (object?)status ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = (object?)(failure is { Length: > 1000 } ? failure[..1000] : failure) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = now + Pauses[Math.Min(delivery.Attempts, Pauses.Length) - 1] });
        command.Parameters.Add(new() { Value = failure is null || last ? now : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(stop);
        if (failure is not null)
        {
            LogUndelivered(delivery.Id, delivery.Attempts, failure);
        }
    }

    private sealed record Due(long Id, string Event, string Payload, int Attempts, string Url, string Secret);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook delivery {Delivery} failed, try {Attempt}: {Reason}")]
    private partial void LogUndelivered(long delivery, int attempt, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sending webhooks failed.")]
    private partial void LogFailed(Exception exception);
}
