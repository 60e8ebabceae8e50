using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>Named tensors that can be read one by one: a file, the shards of one, or a view of another source under other names.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>Where the tensors come from, for messages: a file's path.</summary>
    string Name { get; }

    /// <summary>Every tensor by name.</summary>
    IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Free text that the writer added; empty when there is none.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads one tensor into new memory on the CPU, in the type that it is stored in. The caller owns it.</summary>
    /// <exception cref="CheckpointException">There is no tensor of this name, or its bytes are not valid for its type.</exception>
    Tensor Read(string name);

    /// <summary>
    /// Writes one tensor's values into <paramref name="destination"/>, on whatever device, converted to its type. Without a conversion on the
    /// CPU this is one copy from the file's pages.
    /// </summary>
    /// <exception cref="CheckpointException">
    /// There is no tensor of this name, its shape is not the destination's (nothing is broadcast), or its bytes are not valid for its type.
    /// </exception>
    void CopyTo(string name, Tensor destination);
}

/// <summary>The type and shape of one stored tensor.</summary>
/// <param name="Type">The element type it is stored in.</param>
/// <param name="Shape">The size of each dimension; empty for a scalar.</param>
public sealed record TensorEntry(ScalarType Type, IReadOnlyList<long> Shape)
{
    /// <summary>The number of elements: 1 for a scalar, 0 when a dimension is empty.</summary>
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}
