using StableRep.Data.Artifacts;

namespace StableRep.Data.Tests.Artifacts;

public sealed class FolderArtifactStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stablerep-artifacts-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private FolderArtifactStore Store => new(Path.Combine(_folder, "store"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_range_of_what_was_put_is_read_back()
    {
        await PutAsync("shards/a/0001.tar", "0123456789");
        Assert.Equal("345", await ReadAsync("shards/a/0001.tar", 3, 3));
        Assert.Equal("789", await ReadAsync("shards/a/0001.tar", 7, null));
        Assert.Equal("", await ReadAsync("shards/a/0001.tar", 10, 0));
        Assert.Equal(10, await Store.LengthAsync("shards/a/0001.tar", Stop));
    }

    [Fact]
    public async Task A_put_replaces_the_file_and_leaves_nothing_else()
    {
        await PutAsync("a", "old");
        await PutAsync("a", "new one");
        Assert.Equal("new one", await ReadAsync("a", 0, null));
        Assert.Equal([("a", 7L)], await Store.ListAsync("", Stop).ToListAsync(Stop));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "store", ".incoming")));
    }

    [Fact]
    public async Task A_range_outside_the_file_is_refused()
    {
        await PutAsync("a", "0123456789");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenAsync("a", 8, 3, Stop));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenAsync("a", -1, 3, Stop));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenAsync("a", 11, null, Stop));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.OpenAsync("a", long.MaxValue, long.MaxValue, Stop));
    }

    [Fact]
    public async Task What_is_not_there_is_said_so()
    {
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.OpenAsync("no/such/file", cancellationToken: Stop));
        Assert.Null(await Store.LengthAsync("no/such/file", Stop));
        await Store.DeleteAsync("no/such/file", Stop);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("a/../../b")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("")]
    [InlineData("A")]
    [InlineData(".incoming/x")]
    [InlineData("a\nb")]
    public async Task A_key_that_could_leave_the_folder_is_refused(string key) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(key, cancellationToken: Stop));

    private async Task PutAsync(string key, string text)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(path, text, Stop);
        await Store.PutAsync(key, path, Stop);
        Assert.False(File.Exists(path));
    }

    private async Task<string> ReadAsync(string key, long offset, long? length)
    {
        await using var stream = await Store.OpenAsync(key, offset, length, Stop);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Stop);
    }
}
