using System.Net;
using System.Net.Http.Json;
using System.Text;
using StableRep.Api.CaptionSets;
using StableRep.Api.Http;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests.Http;

public sealed class UploadTests(TestCluster cluster) : IAsyncLifetime
{
    private const string Sets = "/api/v1/caption-sets";

    private StudioApplication _studio = null!;
    private HttpClient _client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioApplication.StartAsync(cluster);
        _client = await _studio.CreateClientAsync(StudioRole.Researcher);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_that_is_repeated_with_its_key_gives_the_first_ones_reply()
    {
        using var first = await UploadAsync("once", "a dog\na cat", "animals");
        var set = await first.Content.ReadFromJsonAsync<CaptionSetView>(StudioJson.Options, Stop);
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);

        // Whoever repeats it divides the parts by another line, and may send them in another order.
        using var again = await UploadAsync("once", "a dog\na cat", "animals", nameFirst: true);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
        Assert.True(again.Headers.Contains("Idempotent-Replay"));
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal(set, await again.Content.ReadFromJsonAsync<CaptionSetView>(StudioJson.Options, Stop));
        Assert.Equal(1, await CountAsync());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_studio.Folder, "uploads")));
    }

    [Theory]
    [InlineData("a dog\na bird", "animals", "captions.txt")]
    [InlineData("a dog\na cat", "others", "captions.txt")]
    [InlineData("a dog\na cat", "animals", "others.txt")]
    public async Task Another_upload_with_the_key_is_refused_and_not_kept(string captions, string name, string fileName)
    {
        using var first = await UploadAsync("once", "a dog\na cat", "animals");
        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        using var other = await UploadAsync("once", captions, name, fileName: fileName);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);
        Assert.Equal("/problems/idempotency-key-reused", (await other.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!.Type);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task An_upload_that_was_refused_is_refused_again_and_a_broken_one_may_be_repeated()
    {
        using var empty = await UploadAsync("empty", "", "nothing");
        using var again = await UploadAsync("empty", "", "nothing");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity), (empty.StatusCode, again.StatusCode));
        Assert.True(again.Headers.Contains("Idempotent-Replay"));

        var broken = new ByteArrayContent("--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"captions.txt\"\r\n\r\na dog"u8.ToArray());
        broken.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=line");
        using var refused = await SendAsync("broken", broken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using var whole = await UploadAsync("broken", "a dog", "dogs");
        Assert.Equal(HttpStatusCode.Created, whole.StatusCode);
    }

    [Fact]
    public async Task Uploads_with_one_key_at_once_make_one_set()
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => UploadAsync("race", "a dog\na cat", "animals")));
        Assert.All(responses, response => Assert.True(response.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict, $"{response.StatusCode}"));
        Assert.Contains(responses, response => response.StatusCode == HttpStatusCode.Created);
        Assert.Equal(1, await CountAsync());
        Array.ForEach(responses, response => response.Dispose());
    }

    private Task<HttpResponseMessage> UploadAsync(string key, string captions, string name, bool nameFirst = false, string fileName = "captions.txt")
    {
        var form = new MultipartFormDataContent();
        var file = new ByteArrayContent(Encoding.UTF8.GetBytes(captions));
        if (nameFirst)
        {
            form.Add(new StringContent(name), "name");
            form.Add(file, "file", fileName);
        }
        else
        {
            form.Add(file, "file", fileName);
            form.Add(new StringContent(name), "name");
        }

        return SendAsync(key, form);
    }

    private async Task<HttpResponseMessage> SendAsync(string key, HttpContent body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Sets) { Content = body, Headers = { { "Idempotency-Key", key } } };
        return await _client.SendAsync(request, Stop);
    }

    private async Task<long> CountAsync()
    {
        await using var command = _studio.Database.Source.CreateCommand("SELECT count(*) FROM app.caption_sets WHERE owner_id IS NOT NULL");
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }
}
