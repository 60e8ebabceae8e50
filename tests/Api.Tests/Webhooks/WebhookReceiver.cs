using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using StableRep.Api.Webhooks;

namespace StableRep.Api.Tests.Webhooks;

/// <summary>A delivery as it arrived.</summary>
internal sealed record Received(string Event, string Delivery, string Signature, string Body);

/// <summary>A receiver on loopback that refuses the first deliveries.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private int _failures;

    private WebhookReceiver(WebApplication app, int failures) => (_app, _failures) = (app, failures);

    public string Address => _app.Urls.First() + "/hook";

    public int Port => new Uri(_app.Urls.First()).Port;

    public int Count => _received.Count;

    public static async Task<WebhookReceiver> StartAsync(int failures)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var receiver = new WebhookReceiver(app, failures);
        app.MapPost("/{**path}", receiver.ReceiveAsync);
        await app.StartAsync();
        return receiver;
    }

    public async Task<Received> NextAsync(CancellationToken stop)
    {
        Assert.True(await _arrived.WaitAsync(TimeSpan.FromSeconds(30), stop), "Nothing was delivered.");
        return _received.TryDequeue(out var received) ? received : throw new InvalidOperationException();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _arrived.Dispose();
    }

    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        _received.Enqueue(new Received(
            context.Request.Headers["Studio-Event"]!, context.Request.Headers["Studio-Delivery"]!,
            context.Request.Headers[WebhookSignature.Header]!, await reader.ReadToEndAsync()));
        context.Response.StatusCode = Interlocked.Decrement(ref _failures) >= 0 ? 500 : 200;
        _arrived.Release();
    }
}
