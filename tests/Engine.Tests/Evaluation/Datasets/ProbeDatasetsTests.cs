using System.IO.Compression;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests.Evaluation.Datasets;

public sealed class ProbeDatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static byte[] Png { get; } = ImageCodec.Encode(MemoryImages.Fill(8, 200, 10), ImageFormat.Png);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train", "test")]
    [InlineData("Training", "val")]
    [InlineData("train", "validation")]
    public void A_folder_per_class_opens_with_the_usual_names(string train, string test)
    {
        Write($"{train}/dog/1.png", $"{train}/cat/b/2.jpg", $"{train}/cat/1.JPEG", $"{train}/cat/notes.txt", $"{train}/.cache/x.png", $"{test}/dog/9.png");
        var dataset = ProbeDatasets.OpenFolder(_folder.Path);
        Assert.Equal(["cat", "dog"], dataset.Train.ClassNames);
        Assert.Equal(
            [new("cat/1.JPEG", 0), new("cat/b/2.jpg", 0), new("dog/1.png", 1)],
            Enumerable.Range(0, dataset.Train.Count).Select(dataset.Train.Get));
        Assert.Equal(new LabelledImage("dog/9.png", 1), dataset.Test.Get(0));
        Assert.Null(dataset.Validation);
        Assert.Equal(200, dataset.Train.Read(0).Rgb[0]);
    }

    [Fact]
    public void With_test_and_val_settings_are_chosen_on_val()
    {
        Write("train/a/1.png", "train/b/1.png", "val/a/2.png", "test/a/3.png");
        var dataset = ProbeDatasets.OpenFolder(_folder.Path);
        Assert.Equal(("a/3.png", "a/2.png"), (dataset.Test.Get(0).Name, dataset.Validation!.Get(0).Name));
    }

    [Fact]
    public void Corrupt_images_are_listed_by_the_probe_and_left_out()
    {
        Write("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png");
        File.WriteAllText(Path.Combine(_folder.Path, "train/a/broken.png"), "no picture");
        File.WriteAllBytes(Path.Combine(_folder.Path, "train/b/cut.png"), Png[..40]);
        using var set = FeatureExtractor.Extract(FeatureEncoder.RawPixels(8), ProbeDatasets.OpenFolder(_folder.Path).Train, ComputeDevice.Cpu);
        Assert.Equal(2, set.Count);
        Assert.Equal(["a/broken.png", "b/cut.png"], set.Corrupt.Select(image => image.Name));
    }

    [Fact]
    public void The_key_changes_with_a_file()
    {
        Write("train/a/1.png", "train/b/1.png", "test/a/1.png");
        var before = ProbeDatasets.OpenFolder(_folder.Path).Train.Key;
        Assert.Equal(before, ProbeDatasets.OpenFolder(_folder.Path).Train.Key);
        File.AppendAllText(Path.Combine(_folder.Path, "train/a/1.png"), "x");
        Assert.NotEqual(before, ProbeDatasets.OpenFolder(_folder.Path).Train.Key);
    }

    [Theory]
    [InlineData(new[] { "training-data/a/1.png" }, "needs 'train' and 'test' (or 'val')")]
    [InlineData(new[] { "train/a/1.png", "test/a/1.png" }, "at least two")]
    [InlineData(new[] { "train/a/1.png", "train/b/1.png", "test/c/1.png" }, "a class that the train split does not have")]
    [InlineData(new[] { "train/a/1.txt", "train/b/1.txt", "test/a/1.png" }, "has no image")]
    public void Another_layout_is_refused_with_what_is_missing(string[] files, string message)
    {
        Write([.. files, "other/x.png"]);
        Assert.Contains(message, Assert.Throws<InvalidProbeDatasetException>(() => ProbeDatasets.OpenFolder(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_is_unpacked_once_without_its_wrapper_and_leftovers()
    {
        var zip = Zip(("pets/train/cat/1.png", Png), ("pets/train/dog/1.png", Png), (@"pets\test\dog\2.png", Png), ("__MACOSX/pets/._1.png", Png), ("pets/run.sh", [1]));
        var dataset = ProbeDatasets.OpenZip(zip, Path.Combine(_folder.Path, "unpacked"));
        Assert.Equal(("archive", 2, 1), (dataset.Name, dataset.Train.Count, dataset.Test.Count));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(_folder.Path, "unpacked"), "*", SearchOption.AllDirectories).Length);
        Assert.Equal(dataset.Train.Key, ProbeDatasets.OpenZip(zip, Path.Combine(_folder.Path, "unpacked")).Train.Key);
    }

    [Theory]
    [InlineData("../evil.png")]
    [InlineData("train/../../evil.png")]
    [InlineData(@"train\..\..\evil.png")]
    [InlineData("/evil.png")]
    [InlineData("C:/evil.png")]
    public void A_zip_whose_entry_leaves_the_folder_is_refused_and_leaves_nothing(string name)
    {
        var target = Path.Combine(_folder.Path, "unpacked");
        var error = Assert.Throws<InvalidProbeDatasetException>(() => ProbeDatasets.OpenZip(Zip(("train/a/1.png", Png), (name, Png)), target));
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(target));
        Assert.Empty(Directory.GetFiles(_folder.Path, "evil.png", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_zip_bomb_is_refused_by_what_it_unpacks_to()
    {
        var target = Path.Combine(_folder.Path, "unpacked");
        var bomb = Zip(("train/a/1.png", new byte[100 << 20]));
        Assert.True(new FileInfo(bomb).Length < 200_000);
        Assert.Contains("far more", Assert.Throws<InvalidProbeDatasetException>(() => ProbeDatasets.OpenZip(bomb, target)).Message, StringComparison.Ordinal);
        Assert.Contains("3 entries; 2 are allowed", Assert.Throws<InvalidProbeDatasetException>(
            () => ProbeDatasets.OpenZip(Zip(("a", []), ("b", []), ("c", [])), target, new ArchiveLimits(MaxEntries: 2))).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(target));
    }

    [Fact]
    public void A_link_in_a_zip_is_refused()
    {
        var path = Path.Combine(_folder.Path, "archive.zip");
        using (var zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            zip.CreateEntry("train/a/1.png").ExternalAttributes = unchecked((int)0xA1FF0000);
        }

        Assert.Contains("is a link", Assert.Throws<InvalidProbeDatasetException>(() => ProbeDatasets.OpenZip(path, _folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_zip_is_told()
    {
        var path = Path.Combine(_folder.Path, "archive.zip");
        File.WriteAllText(path, "plain text");
        Assert.Contains("no readable zip", Assert.Throws<InvalidProbeDatasetException>(() => ProbeDatasets.OpenZip(path, _folder.Path)).Message, StringComparison.Ordinal);
    }

    private void Write(params string[] files)
    {
        foreach (var file in files)
        {
            var path = Path.Combine(_folder.Path, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, Png);
        }
    }

    private string Zip(params (string Name, byte[] Content)[] entries)
    {
        var path = Path.Combine(_folder.Path, "archive.zip");
        File.Delete(path);
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, content) in entries)
        {
            using var stream = zip.CreateEntry(name).Open();
            stream.Write(content);
        }

        return path;
    }
}
