using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>A split whose decoded pictures stay in memory after their first use, for probing many encoders on one small dataset.</summary>
/// <param name="images">The split.</param>
public sealed class DecodedImages(ILabelledImages images) : ILabelledImages
{
    private readonly PixelImage?[] _decoded = new PixelImage?[images.Count];

    /// <inheritdoc/>
    public string Key => images.Key;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => images.ClassNames;

    /// <inheritdoc/>
    public int Count => images.Count;

    /// <summary>Wraps every split of a dataset.</summary>
    public static ProbeDataset Of(ProbeDataset dataset) => dataset with
    {
        Train = new DecodedImages(dataset.Train),
        Test = new DecodedImages(dataset.Test),
        Validation = dataset.Validation is { } validation ? new DecodedImages(validation) : null,
    };

    /// <inheritdoc/>
    public LabelledImage Get(int index) => images.Get(index);

    /// <inheritdoc/>
    // Two threads may decode one image twice; both get a whole picture.
    public PixelImage Read(int index) => Volatile.Read(ref _decoded[index]) ?? (_decoded[index] = images.Read(index));
}
