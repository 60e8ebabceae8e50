using System.Threading.Channels;

namespace StableRep.Web.Shared;

/// <summary>Runs an action soon after it is asked for, one at a time and not more often than an interval allows. Wishes meanwhile count as one.</summary>
public sealed class Throttle : IDisposable
{
    private readonly Channel<bool> _wishes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _disposed = new();
    private readonly TimeSpan _interval;
    private readonly Func<Task> _action;
    private readonly TimeProvider _clock;

    /// <summary>Makes a throttle.</summary>
    /// <param name="interval">The shortest time from one run's end to the next one's beginning.</param>
    /// <param name="action">What to run; its errors are its own to handle.</param>
    /// <param name="clock">Measures the interval.</param>
    public Throttle(TimeSpan interval, Func<Task> action, TimeProvider clock)
    {
        (_interval, _action, _clock) = (interval, action, clock);
        _ = RunAsync(_disposed.Token);
    }

    /// <summary>Asks for a run.</summary>
    public void Request() => _wishes.Writer.TryWrite(true);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed.IsCancellationRequested)
        {
            _disposed.Cancel();
            _disposed.Dispose();
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await _wishes.Reader.ReadAsync(stop).ConfigureAwait(false))
            {
                await _action().ConfigureAwait(false);
                await Task.Delay(_interval, _clock, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
        catch (ObjectDisposedException)
        {
            // The circuit of the page is gone, and with it the page.
        }
    }
}
