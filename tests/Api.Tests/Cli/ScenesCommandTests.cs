using System.CommandLine;
using StableRep.Api.Cli;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Images;
using StableRep.Engine.Scenes;

namespace StableRep.Api.Tests.Cli;

public sealed class ScenesCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scenes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Captions_writes_the_set_that_ships_with_the_project()
    {
        var file = Path.Combine(_folder, "captions.txt");
        Assert.Equal(0, await RunAsync("captions", file));
        var shipped = Path.Combine(AppContext.BaseDirectory, "assets", "captions", "scenes-1k.txt");
        Assert.Equal(await File.ReadAllTextAsync(shipped, TestContext.Current.CancellationToken), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Render_writes_a_sheet_of_pictures()
    {
        var file = Path.Combine(_folder, "sheets", "fish.png");
        Assert.Equal(0, await RunAsync("render", file, "--class", "Fish", "--count", "5", "--columns", "3", "--size", "32"));
        Assert.Equal((3 * 34 - 2, 2 * 34 - 2), ImageCodec.ReadSize(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task Export_writes_a_probe_dataset_and_a_real_image_set()
    {
        Assert.Equal(0, await RunAsync("export", "scenes-objects", Path.Combine(_folder, "objects"), "--train", "36", "--test", "18", "--size", "16"));
        var dataset = ProbeDatasets.OpenFolder(Path.Combine(_folder, "objects"));
        Assert.Equal((36, 18, SceneRules.ClassCount), (dataset.Train.Count, dataset.Test.Count, dataset.Train.ClassNames.Count));

        Assert.Equal(0, await RunAsync("export", "scenes-real", Path.Combine(_folder, "real"), "--captions", "260", "--images", "2", "--size", "16"));
        var shards = Directory.GetFiles(Path.Combine(_folder, "real")).Order(StringComparer.Ordinal).Select(ShardReader.Open).ToArray();
        var source = new ShardPositiveSetSource(shards);
        var real = new RealSceneSet(SceneCaptionSet.Create(260), imagesPerCaption: 2, size: 16);
        Assert.Equal((3, 260), (shards.Length, source.Count));
        Assert.All(Enumerable.Range(0, 260), i => Assert.Equal(real.Get(i), source.Get(i)));
        Assert.Equal(real.Read(259, 1).Rgb, source.Read(259, 1).Rgb);
    }

    [Theory]
    [InlineData("export", "scenes-smells", "x")]
    [InlineData("captions", "x", "--count", "0")]
    [InlineData("render")]
    public async Task What_makes_no_sense_is_refused(params string[] arguments) => Assert.Equal(1, await RunAsync(arguments));

    private static Task<int> RunAsync(params string[] arguments) => StudioCommand.Create().Parse(["scenes", .. arguments])
        .InvokeAsync(new InvocationConfiguration { Output = TextWriter.Null, Error = TextWriter.Null }, TestContext.Current.CancellationToken);
}
