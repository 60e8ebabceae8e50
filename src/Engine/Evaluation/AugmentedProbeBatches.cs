using StableRep.Engine.Augmentation;
using StableRep.Engine.Images;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>
/// Batches of the reference's full path: each image is cut anew in each epoch (random resized crop and flip, from the file's own pixels) and
/// runs through the encoder. Order and crops depend on (seed, epoch, image) alone.
/// </summary>
internal sealed class AugmentedProbeBatches : IProbeBatches
{
    private const int BatchesAhead = 2;

    private readonly FeatureEncoder _encoder;
    private readonly ILabelledImages _images;
    private readonly AugmentationSampler _sampler;
    private readonly FeatureExtractionOptions _extraction;
    private readonly Device _device;
    private readonly int _seed;

    public AugmentedProbeBatches(
        FeatureEncoder encoder, ILabelledImages images, int dimension, int batchSize, int seed, FeatureExtractionOptions extraction, Device device)
    {
        (_encoder, _images, _extraction, _device, _seed) = (encoder, images, extraction, device, seed);
        _sampler = new AugmentationSampler(new AugmentationSettings { Size = encoder.ImageSize }, seed);
        Dimension = dimension;
        BatchSize = Math.Min(batchSize, images.Count);
        StepsPerEpoch = images.Count / BatchSize;
    }

    public int BatchSize { get; }

    public int StepsPerEpoch { get; }

    public int Dimension { get; }

    public IEnumerable<(Tensor Features, Tensor Labels)> Epoch(int epoch, CancellationToken cancellation)
    {
        var order = EpochOrder.Permutation(_images.Count, _seed, epoch);
        DecodedBatch Decode(int step, CancellationToken stop) => DecodedBatch.Read(
            _images, order[(step * BatchSize)..((step + 1) * BatchSize)], (image, index) => View(image, index, epoch), _extraction.Workers, stop);

        // An image that does not decode leaves its batch smaller; it was listed when the split was first read.
        foreach (var batch in Prefetch.Run(StepsPerEpoch, BatchesAhead, Decode, cancellation).Where(batch => batch.Images.Count > 0))
        {
            yield return (Encode(batch.Images), tensor(batch.Labels.Select(label => (long)label).ToArray(), ScalarType.Int64, _device));
        }
    }

    private PixelImage View(PixelImage image, int index, int epoch)
    {
        var draw = _sampler.Draw(epoch, new SampleKey(index, 0), view: 0, image.Height, image.Width);
        var cut = EvaluationView.Crop(image, draw.Crop.Left, draw.Crop.Top, draw.Crop.Width, draw.Crop.Height);
        var view = ImageResizer.Resize(cut, _encoder.ImageSize, _encoder.ImageSize, Interpolation.Bilinear);
        return draw.Flip ? EvaluationView.Mirror(view) : view;
    }

    private Tensor Encode(IReadOnlyList<PixelImage> images)
    {
        using var scope = NewDisposeScope();
        var parts = images
            .Chunk(_extraction.BatchSize)
            .Select(part => _encoder.Encode(ImageTensors.ToFloats(ImageTensors.ToBytes(part).to(_device))))
            .ToList();
        return cat(parts, 0).MoveToOuterDisposeScope();
    }
}
