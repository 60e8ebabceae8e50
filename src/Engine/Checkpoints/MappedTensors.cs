using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>A source's tensors under other names and, where the elements stay in their order, other shapes.</summary>
internal sealed class MappedTensors : ITensorSource
{
    private readonly ITensorSource _inner;
    private readonly bool _ownsInner;
    private readonly Dictionary<string, string> _innerNames = [];
    private readonly Dictionary<string, TensorEntry> _entries = [];

    /// <summary>Creates a view.</summary>
    /// <param name="inner">The source.</param>
    /// <param name="map">Gives the name and shape here of a tensor there, or null for one to leave out.</param>
    /// <param name="ownsInner">Whether disposing the view disposes the source.</param>
    /// <exception cref="CheckpointException">Two tensors map to one name.</exception>
    public MappedTensors(ITensorSource inner, Func<string, TensorEntry, (string Name, IReadOnlyList<long> Shape)?> map, bool ownsInner)
    {
        _inner = inner;
        _ownsInner = ownsInner;
        foreach (var (innerName, entry) in inner.Entries)
        {
            if (map(innerName, entry) is not { } mapped)
            {
                continue;
            }

            if (!_innerNames.TryAdd(mapped.Name, innerName))
            {
                throw new CheckpointException($"{inner.Name}: the tensors '{_innerNames[mapped.Name]}' and '{innerName}' are both '{mapped.Name}'.");
            }

            _entries.Add(mapped.Name, entry with { Shape = mapped.Shape });
        }
    }

    public string Name => _inner.Name;

    public IReadOnlyDictionary<string, TensorEntry> Entries => _entries;

    public IReadOnlyDictionary<string, string> Metadata => _inner.Metadata;

    public Tensor Read(string name)
    {
        var innerName = Find(name);
        if (IsSameShape(name))
        {
            return _inner.Read(innerName);
        }

        using var scope = NewDisposeScope();
        return _inner.Read(innerName).view(_entries[name].Shape.ToArray()).MoveToOuterDisposeScope();
    }

    public void CopyTo(string name, Tensor destination)
    {
        var innerName = Find(name);
        if (IsSameShape(name))
        {
            _inner.CopyTo(innerName, destination);
            return;
        }

        var shape = _entries[name].Shape;
        if (!destination.shape.AsSpan().SequenceEqual(shape.ToArray()))
        {
            throw new CheckpointException(
                $"{Name}: tensor '{innerName}' read as '{name}' has shape [{string.Join(", ", shape)}], not the [{string.Join(", ", destination.shape)}] wanted.");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (destination.is_contiguous())
        {
            _inner.CopyTo(innerName, destination.detach().view(_inner.Entries[innerName].Shape.ToArray()));
        }
        else
        {
            destination.copy_(Read(name));
        }
    }

    public void Dispose()
    {
        if (_ownsInner)
        {
            _inner.Dispose();
        }
    }

    private string Find(string name) =>
        _innerNames.TryGetValue(name, out var inner) ? inner : throw new CheckpointException($"{Name}: there is no tensor '{name}'.");

    private bool IsSameShape(string name) => _entries[name].Shape.SequenceEqual(_inner.Entries[_innerNames[name]].Shape);
}
