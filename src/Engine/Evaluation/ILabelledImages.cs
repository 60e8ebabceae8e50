using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation;

/// <summary>One split of a labelled dataset. Implementations are safe for use from several threads.</summary>
public interface ILabelledImages
{
    /// <summary>Identifies the images and labels, for the feature cache: equal keys mean equal data.</summary>
    string Key { get; }

    /// <summary>The classes' names, by label.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>The number of images, decodable or not.</summary>
    int Count { get; }

    /// <summary>An image's name and label, without its pixels.</summary>
    LabelledImage Get(int index);

    /// <summary>Reads and decodes an image.</summary>
    /// <exception cref="InvalidImageException">It cannot be decoded.</exception>
    PixelImage Read(int index);
}

/// <summary>An image of a labelled dataset.</summary>
/// <param name="Name">Its path or key within the dataset.</param>
/// <param name="Label">Its class, in [0, number of classes).</param>
public sealed record LabelledImage(string Name, int Label);

/// <summary>A labelled dataset to probe encoders on. All splits have the same classes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Train">Probes learn from it.</param>
/// <param name="Test">Reported numbers come from it and nothing else looks at it.</param>
/// <param name="Validation">Probes choose their settings on it; null where a part of train is held out instead.</param>
public sealed record ProbeDataset(string Name, ILabelledImages Train, ILabelledImages Test, ILabelledImages? Validation = null);
