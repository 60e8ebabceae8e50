using Npgsql;
using StableRep.Api.Experiments;
using StableRep.Api.Hosting;
using StableRep.Data;
using StableRep.Data.Hosting;

namespace StableRep.Api.Jobs;

/// <summary>What every job has in common: the lease, the attempt number, stopping when nobody wants the work, and what becomes of errors.</summary>
internal sealed partial class WorkRunner(
    StudioDatabase database,
    ExperimentStages stages,
    DispatchSignal dispatch,
    WorkJournal journal,
    WorkEnvironments environments,
    CurrentWork current,
    StudioMetrics metrics,
    TimeProvider clock,
    ILogger<WorkRunner> logger)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private static readonly Func<ILogger, string, int, string, IDisposable?> Scope =
        LoggerMessage.DefineScope<string, int, string>("{Work} attempt {Attempt} of experiment {ExperimentId}");

    private readonly NpgsqlDataSource _source = database.Source;

    /// <summary>Does a unit of work unless another worker is at it or nobody wants it.</summary>
    /// <param name="unit">The work.</param>
    /// <param name="work">
    /// Does it and records its result in one transaction that holds the claim. Its first token says that the experiment was paused or
    /// cancelled: it stops at a step's boundary and returns. Its second token says that nothing more can be written.
    /// </param>
    /// <param name="stopping">The node stops: the work is given back.</param>
    public async Task RunAsync(WorkUnit unit, Func<WorkClaim, CancellationToken, CancellationToken, Task> work, CancellationToken stopping)
    {
        await using var lease = await WorkLease.TryTakeAsync(database.ConnectionString, unit.Name, clock, stopping);
        if (lease is null || await WorkClaim.TryBeginAsync(_source, unit, stopping) is not { } claim)
        {
            return;
        }

        using var scope = Scope(logger, unit.Name, claim.Attempt, string.Join(", ", await journal.ExperimentsAsync(unit, stopping)));
        var started = clock.GetTimestamp();
        var outcome = "done";
        using var span = metrics.Spans.StartActivity(unit.Name);
        using var shown = current.Begin(unit, claim.Attempt);
        using var unwanted = new CancellationTokenSource();
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost);
        using var ended = new CancellationTokenSource();
        await stages.AdvanceAsync(unit, stopping);
        await journal.BegunAsync(claim, stopping);
        var watch = WatchAsync(claim, unwanted, halt, ended.Token);
        try
        {
            await environments.RecordAsync(claim, halt.Token);
            await work(claim, unwanted.Token, halt.Token);
            await claim.ReleaseAsync(_source);
        }
        catch (FencedException)
        {
            outcome = "fenced";
            LogFenced();
        }
        catch (OperationCanceledException) when (unwanted.IsCancellationRequested || halt.IsCancellationRequested)
        {
            outcome = "released";
            await claim.ReleaseAsync(_source);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException and not FileNotFoundException and not DirectoryNotFoundException)
        {
            outcome = "lost";
            LogLost(exception);
            await claim.LoseAsync(_source, exception.Message);
            await journal.LostAsync(claim, exception.Message);
        }
#pragma warning disable CA1031 // Whatever else goes wrong would go wrong again: the experiment says what it was.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            outcome = "failed";
            LogFailed(exception);
            await claim.FailAsync(_source, exception.Message);
            await journal.FailedAsync(claim, exception.Message);
        }
        finally
        {
            await ended.CancelAsync();
            await watch;
            span?.SetTag("outcome", outcome);
            metrics.WorkEnded(StoreNames.Of(unit.Kind), outcome, clock.GetElapsedTime(started));
            await stages.AdvanceAsync(unit, CancellationToken.None);
            dispatch.Ring();
        }
    }

    private async Task WatchAsync(WorkClaim claim, CancellationTokenSource unwanted, CancellationTokenSource halt, CancellationToken ended)
    {
        try
        {
            using var timer = new PeriodicTimer(WatchInterval, clock);
            while (await timer.WaitForNextTickAsync(ended))
            {
                try
                {
                    if (!await claim.IsWantedAsync(_source, ended))
                    {
                        await unwanted.CancelAsync();
                    }
                }
                catch (FencedException)
                {
                    // A job that is just being recorded is no longer running either; then nobody listens to this any more.
                    await halt.CancelAsync();
                }
                catch (NpgsqlException exception)
                {
                    // The lease tells when the database is really gone.
                    LogUnseen(exception);
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another worker has taken the work over: nothing more is written.")]
    private partial void LogFenced();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The work broke off.")]
    private partial void LogLost(Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "The work failed.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether the work is still wanted cannot be seen.")]
    private partial void LogUnseen(Exception exception);
}
