using Microsoft.EntityFrameworkCore;
using Npgsql;
using StableRep.Api.Hosting;
using StableRep.Api.Live;
using StableRep.Data;
using StableRep.Data.Artifacts;
using StableRep.Data.Hosting;
using StableRep.Data.Playground;

namespace StableRep.Api.Playground;

/// <summary>Deletes previews after a day, and says of those whose worker is gone that they failed.</summary>
internal sealed partial class PreviewSweep(
    IDbContextFactory<StudioDbContext> stores, StudioDatabase database, IArtifactStore artifacts, ExperimentFeed feed, TimeProvider clock, ILogger<PreviewSweep> logger)
    : BackgroundService
{
    /// <summary>How long previews are kept.</summary>
    public static readonly TimeSpan Keeping = TimeSpan.FromDays(1);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    // Longer than any queue of previews: what still waits then has lost its job.
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>One sweep.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var running = await store.Previews.Where(row => row.State == PreviewState.Running).Select(row => row.Id).ToListAsync(cancellationToken);

        // Read after the rows: a worker takes its lease before it changes its row.
        var held = await WorkLease.HeldAsync(database.Source, [.. running.Select(PreviewJob.LeaseOf)], cancellationToken);
        foreach (var id in running.Where(id => !held.Contains(PreviewJob.LeaseOf(id))))
        {
            await store.Previews.Where(row => row.Id == id && row.State == PreviewState.Running).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.State, PreviewState.Failed).SetProperty(row => row.Failure, "Its worker was lost in the middle of it: ask again."), cancellationToken);
            await feed.PublishAsync(PreviewService.Topic(id), "over");
        }

        var waited = clock.GetUtcNow() - Patience;
        await store.Previews.Where(row => row.State == PreviewState.Pending && row.CreatedAt < waited).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, PreviewState.Failed).SetProperty(row => row.Failure, "No worker took it within an hour: see whether one runs, and ask again."), cancellationToken);

        var old = clock.GetUtcNow() - Keeping;
        foreach (var preview in await store.Previews.AsNoTracking().Where(row => row.CreatedAt < old && row.State != PreviewState.Running).ToListAsync(cancellationToken))
        {
            for (var index = 0; index < preview.ImageCount; index++)
            {
                await artifacts.DeleteAsync(PreviewService.ImageKey(preview.Id, index), cancellationToken);
            }

            await store.Previews.Where(row => row.Id == preview.Id).ExecuteDeleteAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            do
            {
                try
                {
                    await SweepAsync(stoppingToken);
                }
                catch (Exception exception) when (exception is NpgsqlException or IOException or InvalidOperationException)
                {
                    LogFailed(exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sweeping previews failed.")]
    private partial void LogFailed(Exception exception);
}
