using StableRep.Engine.Images;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Evaluation;

/// <summary>Runs a frozen encoder over a split once. Decoding and encoding overlap; images that do not decode are listed and left out.</summary>
public static class FeatureExtractor
{
    private const int BatchesAhead = 2;

    /// <summary>Extracts the features of every image of a split, in its order.</summary>
    /// <param name="encoder">The encoder, on <paramref name="device"/>.</param>
    /// <param name="images">The split.</param>
    /// <param name="device">Where the encoder computes.</param>
    /// <param name="options">Batch size and threads; null for the defaults.</param>
    /// <param name="observer">Receives the progress, and a warning for each image that does not decode.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="InvalidProbeDatasetException">The split is empty or no image of it can be decoded.</exception>
    public static FeatureSet Extract(
        FeatureEncoder encoder,
        ILabelledImages images,
        ComputeDevice device,
        FeatureExtractionOptions? options = null,
        IRunObserver? observer = null,
        CancellationToken cancellation = default)
    {
        options ??= new FeatureExtractionOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchSize, 1);
        observer ??= NullRunObserver.Instance;
        var progress = new StageProgress(observer, options.Stage, images.Count, "images");
        var batches = (images.Count + options.BatchSize - 1) / options.BatchSize;
        DecodedBatch Decode(int batch, CancellationToken stop) => DecodedBatch.Read(
            images,
            [.. Enumerable.Range(batch * options.BatchSize, Math.Min(options.BatchSize, images.Count - batch * options.BatchSize))],
            (image, _) => EvaluationView.Of(image, encoder.ImageSize),
            options.Workers,
            stop);

        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        var labels = new List<long>();
        var corrupt = new List<CorruptImage>();
        var done = 0;
        foreach (var batch in Prefetch.Run(batches, BatchesAhead, Decode, cancellation))
        {
            if (batch.Images.Count > 0)
            {
                using var inner = NewDisposeScope();
                parts.Add(encoder.Encode(ImageTensors.ToFloats(ImageTensors.ToBytes(batch.Images).to(device.Torch))).cpu().MoveToOuterDisposeScope());
            }

            labels.AddRange(batch.Labels.Select(label => (long)label));
            corrupt.AddRange(batch.Corrupt);
            foreach (var image in batch.Corrupt)
            {
                observer.Log(RunLogLevel.Warning, $"{image.Name} is left out: {image.Reason}");
            }

            progress.Report(done += batch.Images.Count + batch.Corrupt.Count);
        }

        if (parts.Count == 0)
        {
            throw new InvalidProbeDatasetException(corrupt.Count == 0
                ? "The split has no image."
                : $"None of the split's {corrupt.Count} images can be decoded; the first is {corrupt[0].Name}: {corrupt[0].Reason}");
        }

        return new FeatureSet(cat(parts, 0).clone(), tensor(labels.ToArray(), ScalarType.Int64), images.ClassNames, corrupt);
    }
}
