using System.Globalization;
using System.Xml.Linq;
using Microsoft.Net.Http.Headers;

namespace StableRep.ObjectStore;

/// <summary>
/// A small object store on loopback with the part of S3's protocol that the artifact store uses: signed requests, puts, multipart uploads,
/// ranged and conditional reads, listing by pages, deletion. For tests and the cluster script; it forgets everything when it stops.
/// </summary>
public sealed class ObjectStoreServer : IAsyncDisposable
{
    private static readonly XNamespace S3 = "http://s3.amazonaws.com/doc/2006-03-01/";

    private readonly WebApplication _app;
    private readonly string _bucket;
    private readonly Credentials _credentials;
    private readonly StoredObjects _objects;
    private int _breaks;

    private ObjectStoreServer(WebApplication app, string folder, string bucket, Credentials credentials) =>
        (_app, _bucket, _credentials, _objects) = (app, bucket, credentials, new StoredObjects(folder));

    /// <summary>Where it listens.</summary>
    public string Address => _app.Urls.Single();

    /// <summary>Multipart uploads that are neither complete nor given up.</summary>
    public int OpenUploads => _objects.OpenUploads;

    /// <summary>Starts a store with one empty bucket.</summary>
    /// <param name="folder">Where contents lie.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="credentials">Who may use it.</param>
    /// <param name="port">The port, or 0 for any free one.</param>
    public static async Task<ObjectStoreServer> StartAsync(string folder, string bucket, Credentials credentials, int port = 0)
    {
        Directory.CreateDirectory(folder);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, port);
        });
        var app = builder.Build();
        var server = new ObjectStoreServer(app, folder, bucket, credentials);
        app.Run(server.AnswerAsync);
        await app.StartAsync();
        return server;
    }

    /// <summary>Breaks the connection in the middle of the next answers with content.</summary>
    public void BreakNext(int answers) => _breaks = answers;

    /// <summary>Ends when the process is told to stop.</summary>
    public Task StoppedAsync() => _app.WaitForShutdownAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await AnswerAsync(context.Request, context.Response, RequestSignature.Check(context.Request, _credentials, TimeProvider.System), context.RequestAborted);
        }
        catch (S3Error error)
        {
            context.Response.StatusCode = error.Status;
            if (context.Request.Method != "HEAD")
            {
                await WriteAsync(context.Response, new XElement("Error", new XElement("Code", error.Code), new XElement("Message", error.Message)));
            }
        }
    }

    private Task AnswerAsync(HttpRequest request, HttpResponse response, string hash, CancellationToken stop)
    {
        var path = request.Path.Value!.TrimStart('/').Split('/', 2);
        if (path[0] != _bucket)
        {
            throw new S3Error(404, "NoSuchBucket", "The specified bucket does not exist.");
        }

        var key = path.ElementAtOrDefault(1) ?? "";
        var upload = request.Query["uploadId"].ToString();
        return (request.Method, key) switch
        {
            ("GET", "") => ListAsync(request, response),
            ("GET" or "HEAD", not "") => ReadAsync(key, request, response, stop),
            ("PUT", not "") when upload != "" => PutPartAsync(upload, request, response, hash, stop),
            ("PUT", not "") => PutAsync(key, request, response, hash, stop),
            ("POST", not "") when request.Query.ContainsKey("uploads") => BeginAsync(key, response),
            ("POST", not "") when upload != "" => CompleteAsync(key, upload, request, response, stop),
            ("DELETE", not "") => DeleteAsync(key, upload, response),
            _ => throw new S3Error(501, "NotImplemented", $"{request.Method} {request.Path}{request.QueryString} is not implemented."),
        };
    }

    private Task ListAsync(HttpRequest request, HttpResponse response)
    {
        var prefix = request.Query["prefix"].ToString();
        var most = int.TryParse(request.Query["max-keys"], CultureInfo.InvariantCulture, out var given) ? Math.Min(given, 1000) : 1000;
        var token = request.Query["continuation-token"].ToString();
        var found = _objects.List(prefix, token == "" ? null : Uri.UnescapeDataString(token), most + 1);
        var page = found.Take(most).ToList();
        return WriteAsync(response, new XElement(
            S3 + "ListBucketResult",
            new XElement(S3 + "Name", _bucket),
            new XElement(S3 + "Prefix", prefix),
            new XElement(S3 + "KeyCount", page.Count),
            new XElement(S3 + "MaxKeys", most),
            new XElement(S3 + "IsTruncated", found.Count > most),
            found.Count > most ? new XElement(S3 + "NextContinuationToken", Uri.EscapeDataString(page[^1].Key)) : null,
            page.Select(item => new XElement(
                S3 + "Contents",
                new XElement(S3 + "Key", item.Key),
                new XElement(S3 + "ETag", item.Object.Tag),
                new XElement(S3 + "Size", item.Object.Length),
                new XElement(S3 + "StorageClass", "STANDARD")))));
    }

    private async Task ReadAsync(string key, HttpRequest request, HttpResponse response, CancellationToken stop)
    {
        var found = _objects.Find(key);
        if (request.Headers.IfMatch is { Count: > 0 } tags && tags != found.Tag)
        {
            throw new S3Error(412, "PreconditionFailed", "The object is another one.");
        }

        var (first, length) = (0L, found.Length);
        if (RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var range) && range.Ranges.SingleOrDefault() is { From: { } from } wanted)
        {
            if (from >= found.Length)
            {
                throw new S3Error(416, "InvalidRange", "The requested range is not satisfiable.");
            }

            first = from;
            length = Math.Min(wanted.To ?? long.MaxValue, found.Length - 1) - first + 1;
            response.StatusCode = 206;
            response.Headers.ContentRange = $"bytes {first}-{first + length - 1}/{found.Length}";
        }

        response.Headers.ETag = found.Tag;
        response.Headers.AcceptRanges = "bytes";
        response.ContentLength = length;
        if (request.Method == "HEAD")
        {
            return;
        }

        if (length > 1 && Interlocked.Decrement(ref _breaks) >= 0)
        {
            await response.SendFileAsync(found.Path, first, length / 2, stop);
            await response.Body.FlushAsync(stop);
            request.HttpContext.Abort();
            return;
        }

        await response.SendFileAsync(found.Path, first, length, stop);
    }

    private async Task PutAsync(string key, HttpRequest request, HttpResponse response, string hash, CancellationToken stop)
    {
        var stored = await _objects.ReceiveAsync(request.Body, hash, stop);
        _objects.Put(key, stored);
        response.Headers.ETag = stored.Tag;
    }

    private async Task PutPartAsync(string upload, HttpRequest request, HttpResponse response, string hash, CancellationToken stop)
    {
        var part = await _objects.ReceiveAsync(request.Body, hash, stop);
        _objects.PutPart(upload, int.Parse(request.Query["partNumber"]!, CultureInfo.InvariantCulture), part);
        response.Headers.ETag = part.Tag;
    }

    private Task BeginAsync(string key, HttpResponse response) => WriteAsync(response, new XElement(
        S3 + "InitiateMultipartUploadResult", new XElement(S3 + "Bucket", _bucket), new XElement(S3 + "Key", key), new XElement(S3 + "UploadId", _objects.Begin())));

    private async Task CompleteAsync(string key, string upload, HttpRequest request, HttpResponse response, CancellationToken stop)
    {
        var document = await XDocument.LoadAsync(request.Body, LoadOptions.None, stop);
        var parts = document.Descendants().Where(element => element.Name.LocalName == "Part").Select(part => (
            int.Parse(part.Elements().Single(element => element.Name.LocalName == "PartNumber").Value, CultureInfo.InvariantCulture),
            part.Elements().Single(element => element.Name.LocalName == "ETag").Value)).ToList();
        var whole = await _objects.CompleteAsync(key, upload, parts, stop);
        await WriteAsync(response, new XElement(
            S3 + "CompleteMultipartUploadResult", new XElement(S3 + "Bucket", _bucket), new XElement(S3 + "Key", key), new XElement(S3 + "ETag", whole.Tag)));
    }

    private Task DeleteAsync(string key, string upload, HttpResponse response)
    {
        if (upload != "")
        {
            _objects.Abort(upload);
        }
        else
        {
            _objects.Delete(key);
        }

        response.StatusCode = 204;
        return Task.CompletedTask;
    }

    private static Task WriteAsync(HttpResponse response, XElement content)
    {
        response.ContentType = "application/xml";
        return response.WriteAsync(new XDeclaration("1.0", "UTF-8", null) + content.ToString(SaveOptions.DisableFormatting));
    }
}
