using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Api.Http;
using StableRep.Api.Probes;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Scenes;
using StableRep.Testing;

namespace StableRep.Api.Tests.Probes;

public sealed class ProbeDatasetServiceTests(TestCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_zip_file_becomes_a_dataset_with_its_problems_and_is_deleted_again()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var datasets = studio.Services.GetRequiredService<ProbeDatasetService>();
        var added = await datasets.AddAsync("colours", Zip(broken: true), Stop);
        Assert.Equal((false, Enum.GetNames<ObjectColour>().Length, 40, 17, 1), (added.IsBuiltIn, added.Classes.Count, added.TrainCount, added.TestCount, added.Problems!.Broken));
        Assert.StartsWith("test/", Assert.Single(added.Problems.Examples), StringComparison.Ordinal);
        var samples = await datasets.SamplesAsync("colours", 6, Stop);
        Assert.Equal(6, samples.Select(sample => sample.Class).Distinct().Count());
        Assert.Contains(await datasets.ListAsync(Stop), view => view.Name == "colours");
        Assert.Equal(SceneProbes.Names, (await datasets.ListAsync(Stop)).Where(view => view.IsBuiltIn).Select(view => view.Name));
        Assert.Contains("already", (await Assert.ThrowsAsync<ConflictException>(() => datasets.AddAsync("colours", Zip(), Stop))).Message, StringComparison.Ordinal);
        await datasets.DeleteAsync("colours", Stop);
        Assert.DoesNotContain(await datasets.ListAsync(Stop), view => view.Name == "colours");
        await Assert.ThrowsAsync<MissingException>(() => datasets.DeleteAsync("colours", Stop));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("Caps")]
    [InlineData("")]
    public async Task A_name_that_could_leave_the_folder_is_refused(string name)
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        await Assert.ThrowsAsync<InputException>(() => studio.Services.GetRequiredService<ProbeDatasetService>().AddAsync(name, Zip(), Stop));
    }

    [Fact]
    public async Task What_is_no_dataset_is_refused_and_leaves_nothing()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var datasets = studio.Services.GetRequiredService<ProbeDatasetService>();
        var folder = studio.Services.GetRequiredService<IOptions<StudioOptions>>().Value.PathOf("probe-datasets");
        var before = Directory.GetFileSystemEntries(folder);
        await Assert.ThrowsAsync<InvalidProbeDatasetException>(() => datasets.AddAsync("text", new MemoryStream(Encoding.UTF8.GetBytes("no zip")), Stop));
        await Assert.ThrowsAsync<InvalidProbeDatasetException>(() => datasets.AddAsync("flat", Entries(("a.png", [1])), Stop));
        await Assert.ThrowsAsync<InvalidProbeDatasetException>(() => datasets.AddAsync("evil", Entries(("../train/a/b.png", [1])), Stop));
        Assert.Equal(before, Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task A_dataset_that_a_probe_waits_for_and_one_that_is_drawn_are_not_deleted()
    {
        await using var studio = await StudioUnderTest.CreateAsync(cluster);
        var datasets = studio.Services.GetRequiredService<ProbeDatasetService>();
        await studio.Experiments.CreateAsync(studio.Wanted("waits"), cancellationToken: Stop);
        Assert.Contains("1 probe needs", (await Assert.ThrowsAsync<ConflictException>(() => datasets.DeleteAsync("few-objects", Stop))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ConflictException>(() => datasets.DeleteAsync("scenes-objects", Stop));
    }

    internal static MemoryStream Zip(bool broken = false)
    {
        using var folder = new StableRep.Engine.Tests.TemporaryFolder();
        SceneProbes.Export(SceneProbes.Create(SceneAttribute.Colour, 40, 16, size: 16), folder.File("set"));
        var files = Directory.EnumerateFiles(folder.File("set"), "*.png", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(folder.File("set"), file), File.ReadAllBytes(file))).ToList();
        if (broken)
        {
            var (name, bytes) = files.First(file => file.Item1.StartsWith("test", StringComparison.Ordinal));
            files.Add((Path.Combine(Path.GetDirectoryName(name)!, "broken.png"), bytes[..20]));
        }

        return Entries([.. files]);
    }

    private static MemoryStream Entries(params (string Name, byte[] Bytes)[] files)
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        stream.Position = 0;
        return stream;
    }
}
