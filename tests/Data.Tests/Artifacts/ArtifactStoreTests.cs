using System.Security.Cryptography;
using StableRep.Data.Artifacts;

namespace StableRep.Data.Tests.Artifacts;

/// <summary>What every artifact store must do.</summary>
public abstract class ArtifactStoreTests : IAsyncLifetime
{
    protected string Folder { get; } = Directory.CreateTempSubdirectory("stablerep-artifacts-").FullName;

    protected IArtifactStore Store { get; private set; } = null!;

    protected virtual bool ListsInOrder => true;

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => Store = await OpenStoreAsync();

    public async ValueTask DisposeAsync()
    {
        (Store as IDisposable)?.Dispose();
        await CloseStoreAsync();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_range_of_what_was_put_is_read_back()
    {
        await PutAsync("shards/a/0001.tar", "0123456789");
        Assert.Equal("345", await ReadAsync("shards/a/0001.tar", 3, 3));
        Assert.Equal("789", await ReadAsync("shards/a/0001.tar", 7, null));
        Assert.Equal("", await ReadAsync("shards/a/0001.tar", 10, 0));
        Assert.Equal("", await ReadAsync("shards/a/0001.tar", 10, null));
        Assert.Equal(10, await Store.LengthAsync("shards/a/0001.tar", Stop));
    }

    [Fact]
    public async Task An_empty_file_is_a_file()
    {
        await PutAsync("empty", "");
        Assert.Equal(0, await Store.LengthAsync("empty", Stop));
        Assert.Equal("", await ReadAsync("empty", 0, null));
        Assert.Equal("", await File.ReadAllTextAsync(await Store.LocalPathAsync("empty", Stop), Stop));
    }

    [Fact]
    public async Task A_large_file_is_put_whole_and_read_from_any_place()
    {
        var bytes = new byte[(40 << 20) + 12_345];
        new Random(1).NextBytes(bytes);
        var path = Path.Combine(Folder, "large");
        await File.WriteAllBytesAsync(path, bytes, Stop);
        await Store.PutAsync("large.bin", path, Stop);
        Assert.Equal(bytes.Length, await Store.LengthAsync("large.bin", Stop));
        await using (var stream = await Store.OpenAsync("large.bin", 5, bytes.Length - 10, Stop))
        {
            Assert.Equal(bytes.Length - 10, stream.Length);
            var some = new byte[1000];
            stream.Position = 33 << 20;
            await stream.ReadExactlyAsync(some, Stop);
            Assert.True(bytes.AsSpan(5 + (33 << 20), 1000).SequenceEqual(some));
            stream.Seek(-1000, SeekOrigin.End);
            await stream.ReadExactlyAsync(some, Stop);
            Assert.Equal(0, await stream.ReadAsync(some, Stop));
            Assert.True(bytes.AsSpan(bytes.Length - 1005, 1000).SequenceEqual(some));
        }

        await using var local = File.OpenRead(await Store.LocalPathAsync("large.bin", Stop));
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(await SHA256.HashDataAsync(local, Stop)));
    }

    [Fact]
    public async Task A_put_replaces_the_file_for_every_reader_and_leaves_nothing_else()
    {
        await PutAsync("a", "old");
        Assert.Equal("old", await File.ReadAllTextAsync(await Store.LocalPathAsync("a", Stop), Stop));
        await PutAsync("a", "new one");
        Assert.Equal("new one", await ReadAsync("a", 0, null));
        Assert.Equal("new one", await File.ReadAllTextAsync(await Store.LocalPathAsync("a", Stop), Stop));
        Assert.Equal([("a", 7L)], await Store.ListAsync("", Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_cancelled_put_leaves_the_key_as_it_was()
    {
        await PutAsync("a", "old");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var path = Path.Combine(Folder, "new");
        await File.WriteAllTextAsync(path, "new", Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync("a", path, cancelled.Token));
        Assert.Equal("old", await ReadAsync("a", 0, null));
        Assert.Equal([("a", 3L)], await Store.ListAsync("", Stop).ToListAsync(Stop));
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
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.LocalPathAsync("no/such/file", Stop));
        Assert.Null(await Store.LengthAsync("no/such/file", Stop));
        await Store.DeleteAsync("no/such/file", Stop);
    }

    [Fact]
    public async Task What_was_deleted_is_gone()
    {
        await PutAsync("a/b", "here");
        await Store.LocalPathAsync("a/b", Stop);
        await Store.DeleteAsync("a/b", Stop);
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.OpenAsync("a/b", cancellationToken: Stop));
        await Assert.ThrowsAsync<FileNotFoundException>(() => Store.LocalPathAsync("a/b", Stop));
        Assert.Empty(await Store.ListAsync("", Stop).ToListAsync(Stop));
    }

    [Fact]
    public async Task A_list_has_the_keys_of_a_prefix_in_order()
    {
        foreach (var key in (string[])["b/2", "b-1/x", "a", "b/10", "b/1/deep"])
        {
            await PutAsync(key, key);
        }

        Assert.Equal([("b/1/deep", 8L), ("b/10", 4L), ("b/2", 3L)], await Store.ListAsync("b/", Stop).ToListAsync(Stop));
        var all = (await Store.ListAsync("", Stop).ToListAsync(Stop)).Select(entry => entry.Key);
        Assert.Equal(["a", "b-1/x", "b/1/deep", "b/10", "b/2"], ListsInOrder ? all : all.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Local_paths_of_one_folder_lie_side_by_side()
    {
        await PutAsync("encoders/1/config.json", "{}");
        await PutAsync("encoders/1/model.safetensors", "weights");
        var config = await Store.LocalPathAsync("encoders/1/config.json", Stop);
        Assert.Equal(Path.Combine(Path.GetDirectoryName(config)!, "model.safetensors"), await Store.LocalPathAsync("encoders/1/model.safetensors", Stop));
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
    public async Task A_key_that_could_leave_the_store_is_refused(string key) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(key, cancellationToken: Stop));

    protected abstract Task<IArtifactStore> OpenStoreAsync();

    protected virtual ValueTask CloseStoreAsync() => ValueTask.CompletedTask;

    protected async Task PutAsync(string key, string text)
    {
        var path = Path.Combine(Folder, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(path, text, Stop);
        await Store.PutAsync(key, path, Stop);
        Assert.False(File.Exists(path));
    }

    protected async Task<string> ReadAsync(string key, long offset, long? length)
    {
        await using var stream = await Store.OpenAsync(key, offset, length, Stop);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(Stop);
    }
}
