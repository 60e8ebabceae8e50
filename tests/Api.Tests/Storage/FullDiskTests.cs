using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StableRep.Api.Http;
using StableRep.Api.Probes;
using StableRep.Api.Storage;
using StableRep.Api.Tests.Http;
using StableRep.Data.Accounts;
using StableRep.Testing;

namespace StableRep.Api.Tests.Storage;

public sealed class FullDiskTests(TestCluster cluster) : IAsyncLifetime
{
    private const long Megabyte = 1 << 20;
    private const long Reserve = 10 * Megabyte;

    private StudioApplication _studio = null!;
    private HttpClient _client = null!;
    private Func<long> _free = () => long.MaxValue;
    private int _asked;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _studio = await StudioApplication.StartAsync(cluster, configure: builder =>
        {
            builder.Configuration.AddInMemoryCollection([new("Studio:DiskReserveMegabytes", "10")]);
            builder.Services.AddSingleton(new FreeSpaceReader(_ =>
            {
                _asked++;
                return _free();
            }));
        });
        _client = await _studio.CreateClientAsync(StudioRole.Researcher);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _studio.DisposeAsync();
    }

    [Theory]
    [InlineData("/api/v1/caption-sets", "captions.txt")]
    [InlineData("/api/v1/caption-sets:preview", "captions.txt")]
    [InlineData("/api/v1/probe-datasets", "pictures.zip")]
    public async Task What_says_that_it_does_not_fit_is_refused_before_it_comes(string address, string name)
    {
        _free = () => Reserve + Megabyte;
        using var response = await _client.PostAsync(address, Form(name, new ByteArrayContent(new byte[Megabyte + 1])), Stop);
        await AssertRefusedAsync(response);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task What_does_not_say_its_length_is_stopped_when_the_disk_fills_up()
    {
        _free = () => _asked <= 2 ? Reserve + 100 * Megabyte : Reserve;
        using var response = await _client.PostAsync("/api/v1/caption-sets", Form("captions.txt", new Unmeasured(32 * Megabyte)), Stop);
        await AssertRefusedAsync(response);
        Assert.Equal(3, _asked);
    }

    [Fact]
    public async Task An_archive_whose_pictures_do_not_fit_is_refused_before_it_is_unpacked()
    {
        var archive = HostileFiles.Zip(("train/a/1.png", new byte[4 * Megabyte]), ("test/a/1.png", HostileFiles.Picture));
        Assert.InRange(archive.Length, 1, Megabyte);
        _free = () => Reserve + 2 * Megabyte;
        using var response = await _client.PostAsync("/api/v1/probe-datasets", Form("pictures.zip", new ByteArrayContent(archive)), Stop);
        await AssertRefusedAsync(response);
    }

    [Fact]
    public async Task A_page_is_told_the_same()
    {
        _free = () => 0;
        var datasets = _studio.Services.GetRequiredService<ProbeDatasetService>();
        var error = await Assert.ThrowsAsync<DiskFullException>(() => datasets.AddAsync("pictures", new MemoryStream(HostileFiles.Dataset()), Stop));
        Assert.Contains("room", error.Message, StringComparison.Ordinal);
        AssertNothingLeft();
    }

    [Fact]
    public async Task What_fits_beside_the_reserve_is_kept()
    {
        _free = () => Reserve + Megabyte;
        using var response = await _client.PostAsync("/api/v1/caption-sets", Form("captions.txt", new ByteArrayContent("a dog\na cat"u8.ToArray())), Stop);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        using var dataset = await _client.PostAsync("/api/v1/probe-datasets", Form("pictures.zip", new ByteArrayContent(HostileFiles.Dataset())), Stop);
        Assert.Equal(HttpStatusCode.Created, dataset.StatusCode);
    }

    [Theory]
    [InlineData(28)]
    [InlineData(-2147024784)]
    public void A_disk_that_is_full_when_it_is_written_to_is_the_same_problem(int code) =>
        Assert.Equal((507, "disk-full"), (ProblemTable.Of(new IOException("No space left on device", code)).Status, ProblemTable.Of(new IOException("", code)).Name));

    private async Task AssertRefusedAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.InsufficientStorage, response.StatusCode);
        var problem = (await response.Content.ReadFromJsonAsync<ProblemBody>(StudioJson.Options, Stop))!;
        Assert.Equal("/problems/disk-full", problem.Type);
        Assert.DoesNotContain(_studio.Folder, problem.Detail, StringComparison.Ordinal);
        AssertNothingLeft();
        await using var count = _studio.Database.Source.CreateCommand("SELECT count(*) FROM app.caption_sets WHERE name = 'captions.txt'");
        Assert.Equal(0L, await count.ExecuteScalarAsync(Stop));
    }

    private void AssertNothingLeft() => Assert.Empty(
        new[] { "uploads", "probe-datasets" }.Select(name => Path.Combine(_studio.Folder, name)).Where(Directory.Exists).SelectMany(Directory.EnumerateFileSystemEntries));

    private static MultipartFormDataContent Form(string name, HttpContent file) => new() { { file, "file", name } };

    /// <summary>So many bytes, sent in chunks.</summary>
    private sealed class Unmeasured(long length) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var line = new byte[64 << 10];
            Array.Fill(line, (byte)'x');
            for (var sent = 0L; sent < length; sent += line.Length)
            {
                await stream.WriteAsync(line, Stop);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
