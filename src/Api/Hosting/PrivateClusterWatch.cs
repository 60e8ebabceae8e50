using StableRep.Data.Hosting;

namespace StableRep.Api.Hosting;

/// <summary>Starts the private cluster's server again when it dies.</summary>
internal sealed partial class PrivateClusterWatch(StudioDatabase database, TimeProvider clock, ILogger<PrivateClusterWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (database.PrivateCluster is not { } cluster)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (await cluster.EnsureRunningAsync(stoppingToken))
                {
                    LogRestarted();
                }
            }
            catch (PostgresUnavailableException exception)
            {
                LogUnavailable(exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The private PostgreSQL server had died and was started again.")]
    private partial void LogRestarted();

    [LoggerMessage(Level = LogLevel.Error, Message = "The private PostgreSQL server is gone and does not start.")]
    private partial void LogUnavailable(Exception exception);
}
