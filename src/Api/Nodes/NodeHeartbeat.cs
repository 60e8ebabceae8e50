using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using StableRep.Api.Hosting;
using StableRep.Api.Jobs;

namespace StableRep.Api.Nodes;

/// <summary>Writes this process's row every few seconds, removes it at a stop in good order, and removes rows of those long gone.</summary>
internal sealed partial class NodeHeartbeat(
    NpgsqlDataSource source,
    CurrentWork work,
    IOptions<StudioOptions> studio,
    TimeProvider clock,
    ILogger<NodeHeartbeat> logger,
    EngineHost? engine = null) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Guid _id = Guid.CreateVersion7(clock.GetUtcNow());
    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private TimeSpan _processorTime = Environment.CpuUsage.TotalTime;
    private long _measured = clock.GetTimestamp();

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await using var command = source.CreateCommand("DELETE FROM app.nodes WHERE id = $1");
            command.Parameters.Add(new() { Value = _id });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            LogUnwritten(exception.Message);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await BeatAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or InvalidOperationException)
            {
                LogUnwritten(exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    internal async Task BeatAsync(CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(
            """
            WITH gone AS (DELETE FROM app.nodes WHERE heartbeat_at < $6 - interval '1 day')
            INSERT INTO app.nodes (id, name, roles, devices, started_at, heartbeat_at) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (id) DO UPDATE SET devices = excluded.devices, heartbeat_at = excluded.heartbeat_at
            """);
        command.Parameters.Add(new() { Value = _id });
        command.Parameters.Add(new() { Value = $"{Environment.MachineName}:{Environment.ProcessId}" });
        command.Parameters.Add(new() { Value = Roles() });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(Facts(), JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = _started });
        command.Parameters.Add(new() { Value = clock.GetUtcNow() });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A web node's worker is a process with a row of its own.
    private string[] Roles() => engine is not null ? ["worker"] : studio.Value.IsWeb ? ["web"] : [.. studio.Value.RoleNames];

    private NodeFacts Facts()
    {
        var (processorTime, measured) = (Environment.CpuUsage.TotalTime, clock.GetTimestamp());
        var elapsed = clock.GetElapsedTime(_measured, measured) * Environment.ProcessorCount;
        var share = elapsed > TimeSpan.Zero ? (processorTime - _processorTime) / elapsed : 0;
        (_processorTime, _measured) = (processorTime, measured);
        return new NodeFacts(
            Environment.ProcessorCount,
            Math.Round(Math.Clamp(share * 100, 0, 100), 1),
            Environment.WorkingSet,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            work.Names,
            typeof(NodeHeartbeat).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            engine?.Name);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The node's heartbeat is not written: {Reason}")]
    private partial void LogUnwritten(string reason);
}
