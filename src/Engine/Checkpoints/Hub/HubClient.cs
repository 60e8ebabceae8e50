using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>
/// Fetches repositories from a hub that serves <c>/api/models/{repo}</c> and <c>/{repo}/resolve/{revision}/{file}</c>, as huggingface.co and
/// its mirrors do. Transient failures are tried again with growing pauses; a file goes on where it stopped, also in another process.
/// </summary>
public sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 10;
    private const long MaxListingBytes = 64 << 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly HubOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly Uri _base;

    /// <summary>Creates a client.</summary>
    /// <param name="options">Which hub, and how patiently.</param>
    /// <param name="time">The clock of pauses and time-outs.</param>
    public HubClient(HubOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _base = options.BaseAddress.AbsoluteUri.EndsWith('/') ? options.BaseAddress : new Uri(options.BaseAddress.AbsoluteUri + "/");

        // Redirects are followed here, where it is known which host may see the token.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = options.StallTimeout })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>Which hub, and how patiently.</summary>
    public HubOptions Options => _options;

    /// <summary>Lists a repository's files.</summary>
    /// <exception cref="HubException">The hub does not have the repository, asks for a token, does not answer, or answers something else.</exception>
    public async Task<HubListing> ListAsync(HubRepository repository, CancellationToken cancellationToken)
    {
        var revision = repository.Revision == "main" ? "" : $"/revision/{Uri.EscapeDataString(repository.Revision)}";
        var address = new Uri(_base, $"api/models/{repository.Id}{revision}?blobs=true");
        return await RetryAsync(
            address,
            async () =>
            {
                using var response = await SendAsync(address, resumeAt: 0, cancellationToken);
                RequireSuccess(response, address, repository);
                using var bytes = await ReadListingAsync(response, address, cancellationToken);
                try
                {
                    using var document = await JsonDocument.ParseAsync(bytes, cancellationToken: cancellationToken);
                    return HubListing.Parse(document.RootElement, address.AbsoluteUri);
                }
                catch (JsonException exception)
                {
                    throw new HubException($"{address}: the answer is not JSON: this is not a model hub.", exception);
                }
            },
            progress: static () => 0,
            cancellationToken);
    }

    /// <summary>
    /// Fetches one file to <paramref name="path"/>, where it appears only complete and verified; until then it grows as <c>PATH.part</c>, from
    /// which a later call goes on.
    /// </summary>
    /// <param name="repository">The repository.</param>
    /// <param name="file">The file, with the size and hash it must have.</param>
    /// <param name="path">Where it goes; its folder must be there.</param>
    /// <param name="progress">Told how many bytes of the file are here, counting those of earlier calls; may fall when a file begins anew.</param>
    /// <param name="cancellationToken">Stops; what has come stays for a later call.</param>
    /// <exception cref="HubException">The hub does not have the file, or its size or content is not what the hub had listed.</exception>
    public async Task DownloadAsync(HubRepository repository, HubFile file, string path, Action<long>? progress, CancellationToken cancellationToken)
    {
        var escaped = string.Join('/', file.Path.Split('/').Select(Uri.EscapeDataString));
        var address = new Uri(_base, $"{repository.Id}/resolve/{Uri.EscapeDataString(repository.Revision)}/{escaped}");
        var part = path + ".part";
        try
        {
            using var partial = await PartialFile.OpenAsync(part, cancellationToken);
            await FetchVerifiedAsync(repository, file, address, partial, progress, cancellationToken);
        }
        catch (HubContentException)
        {
            File.Delete(part);
            throw;
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task FetchVerifiedAsync(
        HubRepository repository, HubFile file, Uri address, PartialFile partial, Action<long>? progress, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (file.Size is { } size && partial.Length > size)
            {
                partial.Restart();
            }

            if (file.Size is null || partial.Length < file.Size || partial.Length == 0)
            {
                await RetryAsync(
                    address,
                    async () =>
                    {
                        await TransferAsync(repository, file, address, partial, progress, cancellationToken);
                        return true;
                    },
                    () => partial.Length,
                    cancellationToken);
            }

            progress?.Invoke(partial.Length);
            var fromOneResponse = partial.IsFromOneResponse;
            var sha256 = partial.Complete();
            if (file.Sha256 is null || file.Sha256 == sha256)
            {
                return;
            }

            if (fromOneResponse)
            {
                throw new HubContentException(
                    $"{address}: the content's SHA-256 is {sha256}, the hub's listing says {file.Sha256}: the file was damaged or changed on the way. Nothing was kept; try again.");
            }

            // The beginning may be from an earlier content of the file.
            partial.Restart();
        }
    }

    private async Task TransferAsync(
        HubRepository repository, HubFile file, Uri address, PartialFile partial, Action<long>? progress, CancellationToken cancellationToken)
    {
        partial.Resume();
        using var response = await SendAsync(address, partial.Length, cancellationToken);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && partial.Length > 0)
        {
            partial.Restart();
            throw new IOException("The hub does not have the range that was asked for.");
        }

        RequireSuccess(response, address, repository);
        if (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From != partial.Length)
        {
            throw new HubContentException($"{address}: asked for the bytes from {partial.Length}, the hub sent '{response.Content.Headers.ContentRange}'.");
        }

        if (response.StatusCode != HttpStatusCode.PartialContent && partial.Length > 0)
        {
            partial.Restart();
        }

        var announced = response.Content.Headers.ContentRange?.Length ?? (partial.Length + response.Content.Headers.ContentLength);
        var size = file.Size ?? announced ?? throw new HubContentException($"{address}: the hub says nowhere how long the file is.");
        if (announced is { } total && total != size)
        {
            throw WrongSize(address, size, total.ToString(CultureInfo.InvariantCulture));
        }

        await ReceiveAsync(response, address, size, partial, progress, cancellationToken);
    }

    private async Task ReceiveAsync(
        HttpResponseMessage response, Uri address, long size, PartialFile partial, Action<long>? progress, CancellationToken cancellationToken)
    {
        using var stall = new Stall(_options.StallTimeout, _time, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(stall.Token);
        var buffer = new byte[1 << 17];
        while (true)
        {
            var count = await stall.GuardAsync(token => stream.ReadAsync(buffer, token));
            if (count == 0)
            {
                break;
            }

            if (partial.Length + count > size)
            {
                throw WrongSize(address, size, "more");
            }

            await partial.AppendAsync(buffer.AsMemory(0, count), cancellationToken);
            progress?.Invoke(partial.Length);
        }

        if (partial.Length < size)
        {
            throw new IOException($"The connection ended after {partial.Length} of {size} bytes.");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, long resumeAt, CancellationToken cancellationToken)
    {
        using var stall = new Stall(_options.StallTimeout, _time, cancellationToken);
        for (var hop = 0; hop <= MaxRedirects; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("StableRepStudio", typeof(HubClient).Assembly.GetName().Version?.ToString(3)));
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
            if (resumeAt > 0)
            {
                request.Headers.Range = new RangeHeaderValue(resumeAt, null);
            }

            if (_options.Token is { } token && IsSameOrigin(address, _base))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            var response = await stall.GuardAsync(stalled => new ValueTask<HttpResponseMessage>(
                _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stalled)));
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308) || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            var next = new Uri(address, location);
            if (next.Scheme is not ("http" or "https") || (address.Scheme == "https" && next.Scheme == "http"))
            {
                throw new HubException($"{address}: the hub redirects to '{next}', which is not safe to follow.");
            }

            address = next;
        }

        throw new HubException($"{address}: more than {MaxRedirects} redirects.");
    }

    private async Task<T> RetryAsync<T>(Uri address, Func<Task<T>> attempt, Func<long> progress, CancellationToken cancellationToken)
    {
        var (failures, reached) = (0, progress());
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception exception) when (IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                failures = progress() > reached ? 1 : failures + 1;
                reached = progress();
                if (failures >= _options.Attempts)
                {
                    throw new HubException($"{address}: gave up after {failures} attempts: {exception.Message}", exception);
                }

                var pause = TimeSpan.FromSeconds(Math.Pow(2, failures - 1));
                if (exception is HubBusyException { RetryAfter: { } asked } && asked > pause)
                {
                    pause = asked;
                }

                await Task.Delay(pause < LongestPause ? pause : LongestPause, _time, cancellationToken);
            }
            catch (HttpRequestException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HubException($"{address}: the hub cannot be reached: {exception.Message} Check its address and the connection.", exception);
            }
        }
    }

    private async Task<MemoryStream> ReadListingAsync(HttpResponseMessage response, Uri address, CancellationToken cancellationToken)
    {
        using var stall = new Stall(_options.StallTimeout, _time, cancellationToken);
        await using var stream = await response.Content.ReadAsStreamAsync(stall.Token);
        var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (await stall.GuardAsync(token => stream.ReadAsync(buffer, token)) is > 0 and var count)
        {
            bytes.Write(buffer, 0, count);
            if (bytes.Length > MaxListingBytes)
            {
                throw new HubException($"{address}: the listing is longer than {MaxListingBytes} bytes.");
            }
        }

        bytes.Position = 0;
        return bytes;
    }

    private void RequireSuccess(HttpResponseMessage response, Uri address, HubRepository repository)
    {
        var status = (int)response.StatusCode;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK or HttpStatusCode.PartialContent:
                return;
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw new HubException(
                    $"{address}: the hub refuses ({status}): {repository.Id} is gated or private, or is not there. Accept its terms on {new Uri(_base, repository.Id)}, " +
                    (_options.Token is null ? "create an access token there and give it with --token or the environment variable HF_TOKEN." : "and check that the token may read it."));
            case HttpStatusCode.NotFound:
                throw new HubException($"{address}: not found (404): check the repository {repository.Id} and the revision '{repository.Revision}'.");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new HubBusyException($"the hub answers {status} {response.ReasonPhrase}", response.Headers.RetryAfter?.Delta);
            default:
                throw new HubException($"{address}: the hub answers {status} {response.ReasonPhrase}.");
        }
    }

    private static HubContentException WrongSize(Uri address, long listed, string sent) =>
        new($"{address}: the hub's listing says {listed} bytes, it sends {sent}. Nothing was kept.");

    private static bool IsTransient(Exception exception) => exception switch
    {
        // A name that nobody knows and a certificate that nobody trusts stay so.
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError } => false,
        IOException or HttpRequestException or HubBusyException or TimeoutException => true,
        _ => false,
    };

    internal static bool IsSameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.IdnHost == b.IdnHost && a.Port == b.Port;

    /// <summary>Ends a wait for the network that lasts too long, with a <see cref="TimeoutException"/>.</summary>
    private sealed class Stall(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) : IDisposable
    {
        private readonly CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        public CancellationToken Token => _source.Token;

        public async Task<T> GuardAsync<T>(Func<CancellationToken, ValueTask<T>> wait)
        {
            await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), _source, limit, Timeout.InfiniteTimeSpan);
            try
            {
                return await wait(_source.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"The hub was silent for {limit.TotalSeconds:0} s.");
            }
        }

        public void Dispose() => _source.Dispose();
    }
}

/// <summary>The hub asks to come back later.</summary>
internal sealed class HubBusyException(string message, TimeSpan? retryAfter) : Exception(message)
{
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
