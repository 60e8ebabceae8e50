using StableRep.Engine.Evaluation;
using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Evaluation;

public sealed class AugmentedLinearProbeTests
{
    private static readonly FeatureExtractionOptions Small = new() { BatchSize = 8, Workers = 2 };

    private static FeatureEncoder MeanColour { get; } = new("mean colour", 8, images => images.mean([2, 3]));

    [Fact]
    public void Colours_are_told_apart_whatever_the_crop()
    {
        var dataset = new ProbeDataset("colours", new MemoryImages(3, 45, 12, corrupt: 3), new MemoryImages(3, 12, 10));
        var options = new LinearProbeOptions { Epochs = 60, BatchSize = 16, LearningRates = [1, 20], Normalization = ProbeNormalization.BatchNorm };
        var result = LinearProbe.RunAugmented(MeanColour, dataset, options, ComputeDevice.Cpu, Small);
        Assert.Equal(1, result.Test.Top1);
        Assert.Equal(result, LinearProbe.RunAugmented(MeanColour, dataset, options, ComputeDevice.Cpu, Small), (one, other) =>
            one.Classifiers.SequenceEqual(other.Classifiers));
    }

    [Fact]
    public void Each_epoch_shows_other_crops_in_another_order_and_the_same_seed_shows_the_same()
    {
        using var scope = NewDisposeScope();
        var images = new Gradient(20);
        float[] Epoch(int seed, int epoch)
        {
            var batches = new AugmentedProbeBatches(MeanColour, images, 3, batchSize: 6, seed, Small, CPU);
            Assert.Equal(3, batches.StepsPerEpoch);
            return [.. batches.Epoch(epoch, CancellationToken.None).SelectMany(batch => batch.Features.data<float>().ToArray())];
        }

        Assert.Equal(Epoch(1, 4), Epoch(1, 4));
        Assert.NotEqual(Epoch(1, 4).Order(), Epoch(1, 5).Order());
        Assert.NotEqual(Epoch(1, 4).Order(), Epoch(2, 4).Order());
    }

    [Fact]
    public void Mirror_exchanges_left_and_right() =>
        Assert.Equal([4, 5, 6, 1, 2, 3], EvaluationView.Mirror(new PixelImage(2, 1, [1, 2, 3, 4, 5, 6])).Rgb);

    /// <summary>Images whose colour changes from left to right, so that every crop differs.</summary>
    private sealed class Gradient(int count) : ILabelledImages
    {
        public string Key => "gradient";

        public IReadOnlyList<string> ClassNames => Samples.Names(2);

        public int Count => count;

        public LabelledImage Get(int index) => new($"{index}", index % 2);

        public PixelImage Read(int index) => new(20, 16, [.. Enumerable.Range(0, 20 * 16 * 3).Select(i => (byte)(i / 3 % 20 * 12 + index))]);
    }
}
