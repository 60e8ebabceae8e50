namespace StableRep.Api.Live;

/// <summary>
/// Calls one handler on a task of its own, so that a slow one holds up nobody else. No call begins after it is disposed; one that is
/// under way ends in its own time.
/// </summary>
internal abstract partial class Subscription(TimeSpan pace, TimeProvider clock, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _disposed = new();
    private Action? _left;

    /// <summary>Begins to call the handler.</summary>
    /// <param name="left">Called once, when it is disposed.</param>
    public void Start(Action left)
    {
        _left = left;
        var stop = _disposed.Token;
        _ = Task.Run(() => RunAsync(stop), CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, null) is { } left)
        {
            // The source has no timer and no registrations left once it is cancelled: the task still reads its token.
            _disposed.Cancel();
            left();
        }
    }

    /// <summary>Waits for something new and calls the handler with it.</summary>
    protected abstract Task StepAsync(CancellationToken stop);

    /// <summary>Calls a handler; an error of its own is logged and does not end the subscription.</summary>
    protected async Task CallAsync(Func<Task> handler, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        try
        {
            await handler();
        }
#pragma warning disable CA1031 // What a handler does is not the feed's business, and the next batch may go well.
        catch (Exception exception) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogHandlerFailed(exception);
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var pause = pace;
            try
            {
                await StepAsync(stop);
            }
#pragma warning disable CA1031 // The database may be away for a while: the next step begins where this one did.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                if (stop.IsCancellationRequested)
                {
                    return;
                }

                LogUnread(exception);
                pause = Patience;
            }

            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A subscriber's handler failed.")]
    private partial void LogHandlerFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Events cannot be read: trying again.")]
    private partial void LogUnread(Exception exception);
}
