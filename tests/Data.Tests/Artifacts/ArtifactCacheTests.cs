using StableRep.Data.Artifacts;

namespace StableRep.Data.Tests.Artifacts;

public sealed class ArtifactCacheTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stablerep-cache-").FullName;
    private readonly Clock _clock = new();
    private int _fetched;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_copy_is_fetched_once_a_version()
    {
        var cache = Open(100);
        await GetAsync(cache, "a", 10);
        await GetAsync(cache, "a", 10);
        Assert.Equal(1, _fetched);
        await cache.GetAsync("a", "another", (path, stop) => File.WriteAllTextAsync(path, "newer", stop), Stop);
        using var file = cache.TryOpen("a", "another");
        Assert.Equal(5, RandomAccess.GetLength(file!));
        Assert.Null(cache.TryOpen("a", "tag"));
    }

    [Fact]
    public async Task The_copies_longest_not_asked_for_go_first()
    {
        var cache = Open(100);
        foreach (var key in (string[])["a", "b", "c"])
        {
            await GetAsync(cache, key, 30);
            _clock.Pass(TimeSpan.FromMinutes(1));
        }

        _clock.Pass(TimeSpan.FromMinutes(20));
        await GetAsync(cache, "a", 30);
        await GetAsync(cache, "d", 30);
        Assert.Equal(["a", "c", "d"], Kept("a", "b", "c", "d"));
    }

    [Fact]
    public async Task What_was_just_asked_for_stays_though_it_is_too_much()
    {
        var cache = Open(100);
        await GetAsync(cache, "a", 80);
        await GetAsync(cache, "b", 80);
        Assert.Equal(["a", "b"], Kept("a", "b"));
    }

    [Fact]
    public async Task What_another_process_holds_stays_until_it_lets_go()
    {
        var (cache, other) = (Open(100), Open(100));
        await GetAsync(cache, "set/1", 80);
        using (other.Hold("set/"))
        {
            _clock.Pass(TimeSpan.FromHours(1));
            await GetAsync(cache, "b", 80);
            Assert.Equal(["set/1", "b"], Kept("set/1", "b"));
        }

        cache.MakeRoom();
        Assert.Equal(["b"], Kept("set/1", "b"));
    }

    [Fact]
    public async Task A_hold_of_a_process_that_died_holds_nothing()
    {
        var cache = Open(100);
        await GetAsync(cache, "set/1", 80);
        await File.WriteAllTextAsync(Path.Combine(_folder, "holds", $"{Guid.NewGuid():N}.c2V0Lw"), "", Stop);
        _clock.Pass(TimeSpan.FromHours(1));
        await GetAsync(cache, "b", 80);
        Assert.Equal(["b"], Kept("set/1", "b"));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "holds")));
    }

    [Fact]
    public async Task Many_readers_at_once_fetch_a_file_once()
    {
        var caches = Enumerable.Range(0, 4).Select(_ => Open(1000)).ToList();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => GetAsync(caches[number % 4], "same", 10)));
        Assert.Equal(1, _fetched);
    }

    [Fact]
    public async Task A_fetch_that_breaks_off_leaves_nothing()
    {
        var cache = Open(100);
        await Assert.ThrowsAsync<IOException>(() => cache.GetAsync(
            "a",
            "tag",
            async (path, stop) =>
            {
                await File.WriteAllTextAsync(path, "half", stop);
                throw new IOException("gone");
            },
            Stop));
        Assert.Null(cache.TryOpen("a", "tag"));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "incoming")));
    }

    private ArtifactCache Open(long limit) => new(_folder, limit, _clock);

    private Task<string> GetAsync(ArtifactCache cache, string key, int length) => cache.GetAsync(
        key,
        "tag",
        async (path, stop) =>
        {
            Interlocked.Increment(ref _fetched);
            await File.WriteAllBytesAsync(path, new byte[length], stop);
        },
        Stop);

    private List<string> Kept(params string[] keys) => [.. keys.Where(key => File.Exists(Path.Combine(_folder, "files", key)))];

    private sealed class Clock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now;

        public void Pass(TimeSpan time) => _now += time;
    }
}
