using StableRep.Data.Artifacts;
using StableRep.ObjectStore;

namespace StableRep.Data.Tests.Artifacts;

/// <summary>Against a server on loopback that checks every request's signature.</summary>
public sealed class S3ArtifactStoreTests : ArtifactStoreTests
{
    private const string Bucket = "studio";
    private static readonly Credentials Keys = new("AKIDEXAMPLE", "right-secret");

    private ObjectStoreServer _server = null!;

    [Fact]
    public async Task A_bucket_that_can_be_used_is_found()
    {
        using var store = Open("checked", Options());
        await store.CheckAsync(Stop);
    }

    [Theory]
    [InlineData("no-such-bucket", "right-secret", "bucket 'no-such-bucket'")]
    [InlineData(Bucket, "wrong-secret", "signature")]
    public async Task A_bucket_that_cannot_be_used_is_an_error_that_says_why_and_no_secret(string bucket, string secret, string why)
    {
        var options = Options();
        (options.Bucket, options.SecretKey) = (bucket, secret);
        using var store = Open("refused", options);
        var error = await Assert.ThrowsAsync<IOException>(() => store.CheckAsync(Stop));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("-secret", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_an_error_that_names_its_address()
    {
        var options = Options();
        options.Endpoint = "http://127.0.0.1:9";
        using var store = Open("away", options);
        Assert.Contains("http://127.0.0.1:9", (await Assert.ThrowsAsync<IOException>(() => store.CheckAsync(Stop))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_machines_share_the_artifacts_and_each_keeps_its_own_copies()
    {
        await PutAsync("shared", "one");
        using var other = Open("other", Options());
        var path = await other.LocalPathAsync("shared", Stop);
        Assert.StartsWith(Path.Combine(Folder, "other"), path, StringComparison.Ordinal);
        await PutAsync("shared", "two");
        Assert.Equal("two", await File.ReadAllTextAsync(await other.LocalPathAsync("shared", Stop), Stop));
    }

    [Fact]
    public async Task A_list_goes_on_over_pages()
    {
        for (var index = 0; index < 1_050; index++)
        {
            await PutAsync($"many/{index:D4}", "x");
        }

        var keys = await Store.ListAsync("many/", Stop).Select(entry => entry.Key).ToListAsync(Stop);
        Assert.Equal(Enumerable.Range(0, 1_050).Select(index => $"many/{index:D4}"), keys);
    }

    [Fact]
    public async Task A_read_goes_on_when_the_connection_breaks_in_its_middle()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(number => $"{number},"));
        await PutAsync("broken", text);
        _server.BreakNext(2);
        Assert.Equal(text, await ReadAsync("broken", 0, null));
        _server.BreakNext(2);
        Assert.Equal(text, await File.ReadAllTextAsync(await Store.LocalPathAsync("broken", Stop), Stop));
    }

    [Fact]
    public async Task A_large_put_that_is_cancelled_is_given_up_at_the_service()
    {
        var path = Path.Combine(Folder, "large");
        await using (var file = File.Create(path))
        {
            file.SetLength(200L << 20);
        }

        using var cancelled = new CancellationTokenSource();
        var put = Store.PutAsync("large", path, cancelled.Token);
        while (_server.OpenUploads == 0)
        {
            await Task.Delay(5, Stop);
        }

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
        Assert.Equal(0, _server.OpenUploads);
        Assert.Null(await Store.LengthAsync("large", Stop));
        Assert.True(File.Exists(path));
    }

    protected override async Task<IArtifactStore> OpenStoreAsync()
    {
        _server = await ObjectStoreServer.StartAsync(Path.Combine(Folder, "server"), Bucket, Keys);
        return Open("cache", Options());
    }

    protected override ValueTask CloseStoreAsync() => _server.DisposeAsync();

    private S3Options Options() =>
        new() { Endpoint = _server.Address, Bucket = Bucket, Prefix = "team/", AccessKey = Keys.AccessKey, SecretKey = Keys.SecretKey };

    private S3ArtifactStore Open(string cache, S3Options options) => new(options, new ArtifactCache(Path.Combine(Folder, cache), 1 << 30, TimeProvider.System));
}
