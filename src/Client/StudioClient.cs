using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StableRep.Client;

/// <summary>
/// The studio's API in C#. Lists come page by page as they are walked; what the studio refuses is a <see cref="StudioProblemException"/>.
/// </summary>
/// <param name="http">Its base address is the studio's; its <c>Authorization</c> header carries a token where the studio wants one.</param>
public sealed partial class StudioClient(HttpClient http)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>Makes a client for a studio.</summary>
    /// <param name="address">Where the studio answers.</param>
    /// <param name="token">A token of the API, or null for a studio without a login.</param>
    public static StudioClient Connect(Uri address, string? token = null)
    {
        var http = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return new StudioClient(http);
    }

    private Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) => SendAsync<T>(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    private Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellationToken) => SendAsync<T>(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body, options: Json) }, cancellationToken);

    private async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken).ConfigureAwait(false);
        return await ReadAsync<T>(response, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken).ConfigureAwait(false)
            ?? throw new StudioProblemException(response.StatusCode, null);

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        using (request)
        {
            var response = await http.SendAsync(request, completion, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw new StudioProblemException(response.StatusCode, await ProblemAsync(response, cancellationToken).ConfigureAwait(false));
            }
        }
    }

    private static async Task<StudioProblem?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            ? await response.Content.ReadFromJsonAsync<StudioProblem>(Json, cancellationToken).ConfigureAwait(false)
            : null;

    private async Task<Stream> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<T> WalkAsync<T>(string path, ListQuery? query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        query ??= new ListQuery();
        string? token = null;
        do
        {
            var address = $"{path}?page_size={query.PageSize}"
                + (query.Filter is null ? "" : "&filter=" + Uri.EscapeDataString(query.Filter))
                + (query.OrderBy is null ? "" : "&order_by=" + Uri.EscapeDataString(query.OrderBy))
                + (token is null ? "" : "&page_token=" + Uri.EscapeDataString(token));
            var page = await GetAsync<Page<T>>(address, cancellationToken).ConfigureAwait(false);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            token = page.NextPageToken;
        }
        while (token is not null);
    }

    private async Task<T> UploadAsync<T>(
        string path, Stream file, string fileName, IEnumerable<(string Name, string? Value)> fields, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields.Where(field => field.Value is not null))
        {
            form.Add(new StringContent(value!), name);
        }

        form.Add(new UploadContent(file, progress), "file", fileName);
        return await SendAsync<T>(new HttpRequestMessage(HttpMethod.Post, path) { Content = form }, cancellationToken).ConfigureAwait(false);
    }
}
