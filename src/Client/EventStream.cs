using System.Net;
using System.Net.ServerSentEvents;

namespace StableRep.Client;

/// <summary>Server-sent events over as many connections as it takes: what breaks off is opened again, after pauses that grow.</summary>
/// <param name="open">Opens a connection that goes on where the last one ended.</param>
internal sealed class EventStream(Func<CancellationToken, Task<Stream>> open) : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    // Three heartbeats: a line that is silent for longer is dead, although nothing says so.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private Stream? _stream;
    private CancellationTokenSource? _silence;
    private IAsyncEnumerator<SseItem<string>>? _items;
    private TimeSpan _pause = ShortestPause;
    private bool _everOpened;
    private bool _isStale;

    /// <summary>Lets the next item come from a new connection.</summary>
    public void Renew() => _isStale = true;

    /// <summary>The next item, however long it takes.</summary>
    /// <exception cref="StudioProblemException">The studio refuses, and would again.</exception>
    /// <exception cref="HttpRequestException">The studio could not be reached before it ever was.</exception>
    public async Task<SseItem<string>> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                if (_isStale || _items is null)
                {
                    await OpenAsync(cancellationToken).ConfigureAwait(false);
                }

                _silence!.CancelAfter(Patience);
                if (await _items!.MoveNextAsync().ConfigureAwait(false))
                {
                    _pause = ShortestPause;

                    // Whoever takes their time over an item is not to be punished for it.
                    _silence.CancelAfter(Timeout.InfiniteTimeSpan);
                    return _items.Current;
                }
            }
            catch (Exception exception) when (_everOpened && IsPassing(exception) && !cancellationToken.IsCancellationRequested)
            {
                // It is opened again below.
            }

            await CloseAsync().ConfigureAwait(false);
            await Task.Delay(_pause, cancellationToken).ConfigureAwait(false);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }
    }

    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    /// <summary>Whether an error is one of the moment, so that another attempt may do better.</summary>
    internal static bool IsPassing(Exception exception) => exception is HttpRequestException or IOException or OperationCanceledException
        or StudioProblemException { Status: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests };

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await CloseAsync().ConfigureAwait(false);
        _isStale = false;
        _silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _silence.CancelAfter(Patience);
        _stream = await open(_silence.Token).ConfigureAwait(false);
        _everOpened = true;
        _items = SseParser.Create(_stream).EnumerateAsync(_silence.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    private async Task CloseAsync()
    {
        if (_items is not null)
        {
            await _items.DisposeAsync().ConfigureAwait(false);
        }

        if (_stream is not null)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }

        _silence?.Dispose();
        (_items, _stream, _silence) = (null, null, null);
    }
}
