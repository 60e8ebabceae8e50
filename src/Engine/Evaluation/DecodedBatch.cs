using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation;

/// <summary>Some images of a split, decoded in parallel and brought to one size.</summary>
/// <param name="Images">Those that decoded, in the order asked for.</param>
/// <param name="Labels">Their labels.</param>
/// <param name="Corrupt">Those that did not.</param>
internal sealed record DecodedBatch(IReadOnlyList<PixelImage> Images, IReadOnlyList<int> Labels, IReadOnlyList<CorruptImage> Corrupt)
{
    /// <summary>Reads images by index; <paramref name="view"/> gets each picture with its index.</summary>
    public static DecodedBatch Read(
        ILabelledImages images, IReadOnlyList<int> indices, Func<PixelImage, int, PixelImage> view, int workers, CancellationToken cancellation)
    {
        var decoded = new PixelImage?[indices.Count];
        var reasons = new string?[indices.Count];
        Parallel.For(0, indices.Count, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = cancellation }, i =>
        {
            try
            {
                decoded[i] = view(images.Read(indices[i]), indices[i]);
            }
            catch (InvalidImageException exception)
            {
                reasons[i] = exception.Message;
            }
        });
        var good = Enumerable.Range(0, indices.Count).Where(i => decoded[i] is not null).ToArray();
        return new DecodedBatch(
            [.. good.Select(i => decoded[i]!)],
            [.. good.Select(i => images.Get(indices[i]).Label)],
            [.. Enumerable.Range(0, indices.Count).Where(i => reasons[i] is not null).Select(i => new CorruptImage(images.Get(indices[i]).Name, reasons[i]!))]);
    }
}
