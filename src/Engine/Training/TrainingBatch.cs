using TorchSharp;

namespace StableRep.Engine.Training;

/// <summary>One decoded batch of positive sets. Whoever takes it from the loader disposes it.</summary>
public sealed class TrainingBatch : IDisposable
{
    internal TrainingBatch(
        LoaderPosition position,
        LoaderPosition next,
        torch.Tensor images,
        IReadOnlyList<PositiveSet> sets,
        IReadOnlyList<int> setIds,
        IReadOnlyList<SampleKey> samples) =>
        (Position, Next, Images, Sets, SetIds, Samples) = (position, next, images, sets, setIds, samples);

    /// <summary>The batch's place in the run.</summary>
    public LoaderPosition Position { get; }

    /// <summary>The place of the batch after this one: what a checkpoint keeps, to go on from there.</summary>
    public LoaderPosition Next { get; }

    /// <summary>
    /// The pictures, <c>[N, 3, R, R]</c> uint8 on the CPU in channels-last memory, the images of one set beside each other.
    /// </summary>
    public torch.Tensor Images { get; }

    /// <summary>The positive sets, each with at least one image here.</summary>
    public IReadOnlyList<PositiveSet> Sets { get; }

    /// <summary>For each of the N images the index of its set in <see cref="Sets"/>.</summary>
    public IReadOnlyList<int> SetIds { get; }

    /// <summary>For each of the N images its identity, from which its augmentation is drawn.</summary>
    public IReadOnlyList<SampleKey> Samples { get; }

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}

/// <summary>An image of a source: the set's index and the image's index in the set.</summary>
public readonly record struct SampleKey(int SetIndex, int Image);

/// <summary>A batch's place: the pass over the source from 0, and the batch of that pass from 0.</summary>
public readonly record struct LoaderPosition(long Epoch, int Batch);
