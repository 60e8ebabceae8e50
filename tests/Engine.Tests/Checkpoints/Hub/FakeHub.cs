using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace StableRep.Engine.Tests.Checkpoints.Hub;

/// <summary>A model hub on the loopback interface that serves one repository and misbehaves where it is told to.</summary>
internal sealed class FakeHub : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Task _serving;

    public FakeHub(string repository = "studio/tiny-sd")
    {
        Repository = repository;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }

        _listener.Prefixes.Add(Address.AbsoluteUri);
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address { get; }

    public string Repository { get; }

    public string? Commit { get; set; } = "0123456789abcdef";

    /// <summary>Content by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>What the listing says of a path instead of the truth: size and SHA-256, null for silence.</summary>
    public Dictionary<string, (long? Size, string? Sha256)> Lies { get; } = [];

    /// <summary>Answers a request, by its path, before the ordinary answer; true when it did.</summary>
    public ConcurrentDictionary<string, Func<HttpListenerContext, Task<bool>>> Tricks { get; } = [];

    /// <summary>Every request: path, first byte asked for, authorization.</summary>
    public ConcurrentQueue<(string Path, long From, string? Authorization)> Requests { get; } = [];

    public static FakeHub WithTinyGenerator()
    {
        var hub = new FakeHub();
        var root = ParityCases.Path("models/tiny-sd");
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            hub.Files[Path.GetRelativePath(root, file)] = File.ReadAllBytes(file);
        }

        return hub;
    }

    public string PathOf(string file) => $"/{Repository}/resolve/main/{file}";

    public int CountOf(string file) => Requests.Count(request => request.Path == PathOf(file));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    /// <summary>Sends a file from where the request wants it, and only so many bytes of it when told.</summary>
    public static async Task SendAsync(HttpListenerContext context, byte[] content, int? cutAfter = null, bool chunked = false)
    {
        var from = (int)FirstByte(context.Request);
        context.Response.StatusCode = from > 0 ? 206 : 200;
        if (from > 0)
        {
            context.Response.AddHeader("Content-Range", $"bytes {from}-{content.Length - 1}/{content.Length}");
        }

        if (chunked)
        {
            context.Response.SendChunked = true;
        }
        else
        {
            context.Response.ContentLength64 = content.Length - from;
        }

        var count = cutAfter ?? content.Length - from;
        await context.Response.OutputStream.WriteAsync(content.AsMemory(from, count));
        await context.Response.OutputStream.FlushAsync();
        if (cutAfter is null)
        {
            context.Response.Close();
        }
        else
        {
            context.Response.Abort();
        }
    }

    private static long FirstByte(HttpListenerRequest request) =>
        request.Headers["Range"] is { } range ? long.Parse(range["bytes=".Length..].TrimEnd('-'), System.Globalization.CultureInfo.InvariantCulture) : 0;

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        Requests.Enqueue((path, FirstByte(context.Request), context.Request.Headers["Authorization"]));
        try
        {
            if (Tricks.TryGetValue(path, out var trick) && await trick(context))
            {
                return;
            }

            var prefix = PathOf("");
            if (path == $"/api/models/{Repository}")
            {
                await SendAsync(context, Encoding.UTF8.GetBytes(Listing()));
            }
            else if (path.StartsWith(prefix, StringComparison.Ordinal) && Files.TryGetValue(path[prefix.Length..], out var content))
            {
                await SendAsync(context, content);
            }
            else
            {
                context.Response.StatusCode = 404;
                context.Response.Close();
            }
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The client went away, as some tests make it.
        }
    }

    private string Listing() => JsonSerializer.Serialize(new
    {
        id = Repository,
        sha = Commit,
        siblings = Files.Select(file =>
        {
            var (size, sha256) = Lies.TryGetValue(file.Key, out var lie)
                ? lie
                : (file.Value.Length, file.Key.EndsWith(".safetensors", StringComparison.Ordinal) ? Convert.ToHexStringLower(SHA256.HashData(file.Value)) : null);
            return sha256 is null
                ? (object)new { rfilename = file.Key, size }
                : new { rfilename = file.Key, size, lfs = new { sha256, size } };
        }),
    });
}
