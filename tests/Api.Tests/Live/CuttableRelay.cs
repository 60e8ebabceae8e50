using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace StableRep.Api.Tests.Live;

/// <summary>A line to a node that can be cut in the middle of whatever goes over it.</summary>
internal sealed class CuttableRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, byte> _ends = [];
    private readonly StringBuilder _asked = new();
    private readonly Uri _target;
    private readonly Task _accepting;
    private long _left = long.MaxValue;
    private int _refusals;
    private int _accepted;

    private CuttableRelay(Uri target)
    {
        _target = target;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    /// <summary>Where the node is reached through the relay.</summary>
    public Uri Address { get; }

    /// <summary>The connections that were made, those that were refused among them.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>All that was asked of the node.</summary>
    public string Asked
    {
        get
        {
            lock (_asked)
            {
                return _asked.ToString();
            }
        }
    }

    public static CuttableRelay To(Uri target) => new(target);

    /// <summary>Cuts all connections once so many more bytes have come from the node.</summary>
    public void CutAfter(long bytes) => Volatile.Write(ref _left, bytes);

    /// <summary>Cuts all connections now, and refuses the next ones.</summary>
    public void Cut(int refusals = 0)
    {
        Volatile.Write(ref _refusals, refusals);
        foreach (var end in _ends.Keys)
        {
            // Nothing that waits is sent any more.
            end.Close(0);
            _ends.TryRemove(end, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        Cut();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _accepted);
                if (Interlocked.Decrement(ref _refusals) >= 0)
                {
                    client.Dispose();
                    continue;
                }

                var node = new TcpClient();
                await node.ConnectAsync(_target.Host, _target.Port, _stop.Token);
                _ends[client.Client] = _ends[node.Client] = 0;
                _ = PassAsync(client, node, isAnswer: false);
                _ = PassAsync(node, client, isAnswer: true);
            }
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task PassAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        var buffer = new byte[256];
        try
        {
            int count;
            while ((count = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
            {
                if (!isAnswer)
                {
                    lock (_asked)
                    {
                        _asked.Append(Encoding.ASCII.GetString(buffer, 0, count));
                    }
                }

                var passed = isAnswer ? (int)Math.Min(count, Volatile.Read(ref _left)) : count;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, passed), _stop.Token);
                if (isAnswer && Interlocked.Add(ref _left, -passed) <= 0)
                {
                    Volatile.Write(ref _left, long.MaxValue);
                    Cut();
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // It was cut.
        }

        from.Dispose();
        to.Dispose();
    }
}
