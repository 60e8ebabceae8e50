using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using StableRep.Api.Accounts;
using StableRep.Data;
using StableRep.Data.Http;

namespace StableRep.Api.Http;

/// <summary>
/// A <c>POST</c> with an <c>Idempotency-Key</c> is done once: for a day, the same person's same request gets the first one's reply again. An
/// advisory lock, held while the request is worked on, tells whether another one is at it, and is free when that one's node dies.
/// </summary>
internal sealed class Idempotency(RequestDelegate next)
{
    private const string Header = "Idempotency-Key";
    private const int MostKey = 200;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(24);
    private static readonly string[] KeptHeaders = ["Content-Type", "Location", "ETag"];

    private static readonly ApiProblem Busy = new(
        409, "request-in-progress", "Still at it", "A request with this Idempotency-Key is being worked on: try again in a second.");

    private static readonly ApiProblem Reused = new(
        422, "idempotency-key-reused", "Key of another request", "This Idempotency-Key belongs to another request of yours: choose a new one.");

    private static readonly ApiProblem Shown = new(
        409, "secret-shown", "Done already", "A request with this Idempotency-Key was done. Its reply held a secret, which is shown once: revoke what it made and begin anew.");

    public async Task InvokeAsync(HttpContext context, IDbContextFactory<StudioDbContext> stores, TimeProvider clock)
    {
        var key = context.Request.Headers[Header].ToString();
        if (key.Length == 0 || !HttpMethods.IsPost(context.Request.Method) || !context.Request.IsForScripts() || context.User.UserId() is not { } user)
        {
            await next(context);
            return;
        }

        if (key.Length > MostKey || !key.All(character => character is > ' ' and <= '~'))
        {
            throw new InputException(Header, $"The key must have 1 to {MostKey} visible ASCII characters.");
        }

        var stop = context.RequestAborted;
        var hash = context.Request.HasFormContentType ? null : await HashAsync(context.Request, stop);
        await using var store = await stores.CreateDbContextAsync(stop);
        await using var transaction = await store.Database.BeginTransactionAsync(stop);
        var number = BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{user} {key}")));
        if (!await store.Database.SqlQuery<bool>($"SELECT pg_try_advisory_xact_lock({number}) AS \"Value\"").SingleAsync(stop))
        {
            context.Response.Headers.RetryAfter = "1";
            await context.WriteProblemAsync(Busy);
            return;
        }

        var since = clock.GetUtcNow() - Kept;
        await store.StoredReplies.Where(reply => reply.CreatedAt < since).ExecuteDeleteAsync(stop);
        if (await store.StoredReplies.AsNoTracking().SingleOrDefaultAsync(reply => reply.UserId == user && reply.Key == key, stop) is { } known)
        {
            await transaction.CommitAsync(stop);
            hash ??= HashOf(context.Request, await MultipartUpload.FingerprintAsync(context.Request, stop));
            await (!known.RequestHash.AsSpan().SequenceEqual(hash) ? context.WriteProblemAsync(Reused)
                : known.Status < 400 && HasSecret(context) ? context.WriteProblemAsync(Shown)
                : ReplayAsync(context.Response, known));
            return;
        }

        var (status, headers, body) = await RecordAsync(context);
        if (hash is null && context.Features.Get<UploadFingerprint>() is { } upload)
        {
            hash = HashOf(context.Request, upload);
        }

        // What failed here, or was refused for being too much, may be tried again; so may an upload of which not all has come.
        if (hash is not null && status < 500 && status is not (StatusCodes.Status429TooManyRequests or 499))
        {
            store.StoredReplies.Add(new StoredReply
            {
                UserId = user,
                Key = key,
                RequestHash = hash,
                Status = status,
                Headers = JsonSerializer.Serialize(headers),
                Body = status < 400 && HasSecret(context) ? [] : body,
                CreatedAt = clock.GetUtcNow(),
            });
            await store.SaveChangesAsync(CancellationToken.None);
        }

        await transaction.CommitAsync(CancellationToken.None);
        await context.Response.Body.WriteAsync(body, stop);
    }

    private static bool HasSecret(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<SecretReply>() is not null;

    private static async Task ReplayAsync(HttpResponse response, StoredReply known)
    {
        response.StatusCode = known.Status;
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, string>>(known.Headers)!)
        {
            response.Headers[name] = value;
        }

        response.Headers["Idempotent-Replay"] = "true";
        await response.Body.WriteAsync(known.Body);
    }

    /// <summary>Works on the request and keeps its reply back until it is recorded.</summary>
    private async Task<(int Status, Dictionary<string, string> Headers, byte[] Body)> RecordAsync(HttpContext context)
    {
        var response = context.Response;
        var body = response.Body;
        using var memory = new MemoryStream();
        response.Body = memory;
        try
        {
            await next(context);
        }
        catch (Exception exception) when (ProblemTable.Of(exception) is { Status: < 500 } problem)
        {
            await context.WriteProblemAsync(problem);
        }
        finally
        {
            response.Body = body;
        }

        var headers = KeptHeaders.Where(response.Headers.ContainsKey).ToDictionary(name => name, name => response.Headers[name].ToString());
        return (response.StatusCode, headers, memory.ToArray());
    }

    /// <summary>The hash of a request whose body is small.</summary>
    private static async Task<byte[]> HashAsync(HttpRequest request, CancellationToken stop)
    {
        using var hash = Begin(request);
        if (!request.HasJsonContentType())
        {
            return hash.GetHashAndReset();
        }

        request.EnableBuffering();
        var buffer = new byte[16 * 1024];
        for (int count; (count = await request.Body.ReadAsync(buffer, stop)) > 0;)
        {
            hash.AppendData(buffer, 0, count);
        }

        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    /// <summary>The hash of an upload: of what its parts hold, since the lines that divide them are others each time.</summary>
    private static byte[] HashOf(HttpRequest request, UploadFingerprint upload)
    {
        using var hash = Begin(request);
        hash.AppendData(upload.Hash);
        return hash.GetHashAndReset();
    }

    private static IncrementalHash Begin(HttpRequest request)
    {
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Path}{request.QueryString}\n"));
        return hash;
    }
}

/// <summary>Marks an endpoint whose reply holds a secret: it is never stored.</summary>
internal sealed class SecretReply;
