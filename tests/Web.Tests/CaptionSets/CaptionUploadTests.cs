using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using StableRep.Api.CaptionSets;
using StableRep.Api.Hosting;
using StableRep.Api.Storage;
using StableRep.Data;
using StableRep.Data.Hosting;
using StableRep.Testing;
using StableRep.Web.CaptionSets;

namespace StableRep.Web.Tests.CaptionSets;

public sealed class CaptionUploadTests(TestCluster cluster) : IAsyncLifetime
{
    private readonly StudioOptions _options = new() { DataFolder = Path.Combine(cluster.Folder, Guid.NewGuid().ToString("N")), DiskReserveMegabytes = 1 };
    private NpgsqlDataSource _source = null!;
    private long _free = long.MaxValue;
    private CaptionUpload _upload = null!;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await cluster.NewDatabaseAsync());
        _upload = new CaptionUpload(new CaptionSetService(new Stores(_source), _source, TimeProvider.System), new DataDisk(Options.Create(_options), _ => _free));
    }

    public async ValueTask DisposeAsync()
    {
        await _upload.DisposeAsync();
        await _source.DisposeAsync();
    }

    [Fact]
    public async Task A_file_is_received_read_and_kept()
    {
        var steps = new List<UploadStep>();
        _upload.Changed = () =>
        {
            if (steps.LastOrDefault() != _upload.Step || steps.Count == 0)
            {
                steps.Add(_upload.Step);
            }
        };
        await ReceiveAsync("my_captions.txt", "a cat\n\na dog\na cat\n一只猫\n");
        Assert.Equal([UploadStep.Receiving, UploadStep.Reading, UploadStep.Ready], steps);
        Assert.True(_upload is { Preview: { Count: 3, EmptyCount: 1, DuplicateCount: 1 }, SuggestedName: "my captions", Problem: null }, $"{_upload.Preview} {_upload.Problem}");
        var kept = await _upload.KeepAsync("  mine ", null);
        Assert.Equal(("mine", 3, true), (kept!.Value.Set.Name, kept.Value.Set.Count, kept.Value.IsNew));
        Assert.Equal((UploadStep.Choosing, null), (_upload.Step, _upload.Preview));
        await ReceiveAsync("again.txt", "a cat\na dog\n一只猫\n");
        Assert.Equal(kept.Value.Set.Id, _upload.Preview!.ExistingId);
    }

    [Fact]
    public async Task Another_column_may_be_chosen_also_where_none_was_found()
    {
        await ReceiveAsync("a.jsonl", "{\"who\":\"Ann\",\"what\":\"a cat\"}\n{\"who\":\"Bob\",\"what\":\"a dog\"}\n");
        Assert.Equal((UploadStep.Ready, null), (_upload.Step, _upload.Preview));
        Assert.Contains("no key that looks like a caption", _upload.Problem, StringComparison.Ordinal);
        Assert.Equal(["who", "what"], _upload.Columns);
        await _upload.ChooseAsync("what");
        Assert.Equal(["a cat", "a dog"], _upload.Preview!.First);
        Assert.Null(_upload.Problem);
        await _upload.ChooseAsync("who");
        Assert.Equal(["Ann", "Bob"], _upload.Preview!.First);
    }

    [Fact]
    public async Task What_cannot_be_taken_is_said_before_it_travels()
    {
        var opened = 0;
        Stream Open(CancellationToken stop)
        {
            opened++;
            return Stream.Null;
        }

        await _upload.ReceiveAsync("big.txt", CaptionUpload.MaxBytes + 1, Open);
        Assert.Contains("at most", _upload.Problem, StringComparison.Ordinal);
        await _upload.ReceiveAsync("empty.txt", 0, Open);
        Assert.Contains("empty", _upload.Problem, StringComparison.Ordinal);
        await _upload.ReceiveAsync("cat.png", 10, Open);
        Assert.Contains("not a caption file", _upload.Problem, StringComparison.Ordinal);
        _free = 2_000_000;
        await _upload.ReceiveAsync("cats.txt", 1_000_000, Open);
        Assert.Contains("has room for 1 MB", _upload.Problem, StringComparison.Ordinal);
        Assert.Equal((0, UploadStep.Choosing), (opened, _upload.Step));
    }

    [Fact]
    public async Task A_connection_that_breaks_is_said_and_another_file_may_be_taken()
    {
        await _upload.ReceiveAsync("a.txt", 1000, _ => new MemoryStream("a cat"u8.ToArray()));
        Assert.Contains("did not arrive completely", _upload.Problem, StringComparison.Ordinal);
        await ReceiveAsync("a.txt", "a cat\n");
        Assert.Equal((UploadStep.Ready, null), (_upload.Step, _upload.Problem));
    }

    [Fact]
    public async Task CancelAsync_in_the_middle_stops_and_forgets_the_file()
    {
        await using var endless = new EndlessStream();
        var receiving = _upload.ReceiveAsync("a.txt", 1 << 30, _ => endless);
        await _upload.CancelAsync();
        await receiving;
        Assert.Equal((UploadStep.Choosing, null), (_upload.Step, _upload.Problem));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_options.DataFolder, "uploads")));
    }

    private Task ReceiveAsync(string name, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return _upload.ReceiveAsync(name, bytes.Length, _ => new MemoryStream(bytes));
    }

    private sealed class Stores(NpgsqlDataSource source) : IDbContextFactory<StudioDbContext>
    {
        public StudioDbContext CreateDbContext() => StudioStore.Open(source);
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
