using System.Text;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests.Evaluation.Datasets;

public sealed class ShardImagesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_named_by_split_open_with_their_numbers_as_classes()
    {
        Shard("train-000000.tar", "10", "9");
        Shard("train-000001.tar", "9");
        Shard("test-000000.tar", "10");
        var dataset = ProbeDatasets.Open(_folder.Path, _folder.File("unpacked"));
        Assert.Equal(["9", "10"], dataset.Train.ClassNames);
        Assert.Equal(
            [new("train-000000.tar/s0", 1), new("train-000000.tar/s1", 0), new("train-000001.tar/s0", 0)],
            Enumerable.Range(0, 3).Select(dataset.Train.Get));
        Assert.Equal((1, 1), (dataset.Test.Count, dataset.Test.Get(0).Label));
        Assert.Equal(77, dataset.Test.Read(0).Rgb[0]);
    }

    [Fact]
    public void A_list_of_names_gives_the_classes_their_names_and_numbers()
    {
        Shard("train/00.tar", "2", "0");
        Shard("val/00.tar", "1");
        File.WriteAllText(_folder.File("classnames.txt"), "cat\ndog\nfish\n");
        var dataset = ProbeDatasets.OpenShards(_folder.Path);
        Assert.Equal(["cat", "dog", "fish"], dataset.Test.ClassNames);
        Assert.Equal([2, 0, 1], new[] { dataset.Train.Get(0), dataset.Train.Get(1), dataset.Test.Get(0) }.Select(image => image.Label));
    }

    [Fact]
    public void Names_in_the_shards_are_classes_in_their_order()
    {
        Shard("train-0.tar", "fish", "cat");
        Shard("test-0.tar", "fish");
        Assert.Equal(["cat", "fish"], ProbeDatasets.OpenShards(_folder.Path).Train.ClassNames);
    }

    [Theory]
    [InlineData("", "has no class")]
    [InlineData("7", "'7' of a sample is neither one of the 2 class names")]
    public void A_sample_without_a_known_class_is_named(string label, string message)
    {
        Shard("train-0.tar", "0", label);
        Shard("test-0.tar", "0");
        File.WriteAllText(_folder.File("classes.txt"), "cat\ndog");
        Assert.Contains(message, Assert.Throws<InvalidProbeDatasetException>(() => ProbeDatasets.OpenShards(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Corrupt_pictures_in_shards_are_listed()
    {
        using (var writer = new ShardWriter(_folder.File("train-0.tar")))
        {
            Add(writer, "good", "0", Picture);
            Add(writer, "bad", "1", Picture[..30]);
            writer.Complete();
        }

        Shard("test-0.tar", "1");
        using var set = FeatureExtractor.Extract(FeatureEncoder.RawPixels(4), ProbeDatasets.OpenShards(_folder.Path).Train, ComputeDevice.Cpu);
        Assert.Equal((1, "train-0.tar/bad"), (set.Count, set.Corrupt.Single().Name));
    }

    private static byte[] Picture { get; } = ImageCodec.Encode(MemoryImages.Fill(4, 77, 3), ImageFormat.Png);

    private static void Add(ShardWriter writer, string key, string label, byte[] picture) => writer.Add(key, [("png", picture), ("cls", Encoding.UTF8.GetBytes(label))]);

    private void Shard(string name, params string[] labels)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(name))!);
        using var writer = new ShardWriter(_folder.File(name));
        for (var i = 0; i < labels.Length; i++)
        {
            Add(writer, $"s{i}", labels[i], Picture);
        }

        writer.Complete();
    }
}
