using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Api.Live;

namespace StableRep.Crash;

/// <summary>A subscriber that comes back after every break, and writes down the number of every event that it is handed.</summary>
internal sealed class Witness : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<long> _seen = [];
    private readonly Task _watching;

    private Witness(string name, Func<Witness, CancellationToken, Task> watch)
    {
        Name = name;
        _watching = Task.Run(() => WatchAsync(watch));
    }

    public string Name { get; }

    public int Breaks { get; private set; }

    public IReadOnlyList<long> Seen
    {
        get
        {
            lock (_seen)
            {
                return [.. _seen];
            }
        }
    }

    public long Last
    {
        get
        {
            lock (_seen)
            {
                return _seen.Count == 0 ? 0 : _seen[^1];
            }
        }
    }

    /// <summary>Watches by server-sent events and <c>Last-Event-ID</c>.</summary>
    public static Witness OfEvents(Uri node, Guid experiment) => new("server-sent events", async (witness, stop) =>
    {
        using var client = new HttpClient { BaseAddress = node };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/experiments/{experiment}/events?from=0");
        if (witness.Last > 0)
        {
            request.Headers.Add("Last-Event-ID", $"{witness.Last}");
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(stop))
        {
            if (item.EventType is not ("snapshot" or "heartbeat"))
            {
                witness.See(long.Parse(item.EventId!, System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    });

    /// <summary>Watches by the hub, from the last number seen.</summary>
    public static Witness OfHub(Uri node, Guid experiment) => new("hub", async (witness, stop) =>
    {
        await using var hub = new HubConnectionBuilder().WithUrl(new Uri(node, "/hubs/experiments"))
            .AddJsonProtocol(options => StudioJson.Configure(options.PayloadSerializerOptions)).Build();
        await hub.StartAsync(stop);
        await foreach (var message in hub.StreamAsync<LiveMessage>("Subscribe", experiment, (long?)witness.Last, stop))
        {
            foreach (var entry in message.Events)
            {
                witness.See(entry.Sequence);
            }
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private void See(long sequence)
    {
        lock (_seen)
        {
            _seen.Add(sequence);
        }
    }

    private async Task WatchAsync(Func<Witness, CancellationToken, Task> watch)
    {
        while (!_stop.IsCancellationRequested)
        {
            var before = Last;
            try
            {
                await watch(this, _stop.Token);
            }
#pragma warning disable CA1031 // Whatever broke, it comes back.
            catch (Exception)
#pragma warning restore CA1031
            {
                // The node was killed, or is starting.
            }

            // While the node starts there is nothing to break.
            Breaks += Last > before ? 1 : 0;
            await Task.Delay(100, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
