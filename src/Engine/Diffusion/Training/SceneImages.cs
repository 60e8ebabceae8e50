using StableRep.Engine.Images;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>The first scenes of a stream as training images, rendered whenever they are read. Thread-safe.</summary>
/// <param name="stream">The stream.</param>
/// <param name="count">The number of scenes.</param>
public sealed class SceneImages(SceneStream stream, int count) : IPositiveSetSource
{
    /// <inheritdoc/>
    public int Count => count;

    /// <inheritdoc/>
    public PositiveSet Get(int index)
    {
        Check(index);
        return new PositiveSet(index, stream.Caption(index).Text, 1);
    }

    /// <inheritdoc/>
    public PixelImage Read(int index, int image)
    {
        Check(index);
        return stream.Sample(index).Image;
    }

    private void Check(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count);
    }
}
