using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// Text as a UNet's attention layers see it: the keys and values of R texts, computed once and used at every denoising step.
/// In a batch of B = R · m pictures, text r serves the m pictures from r · m on. The tensors belong to the dispose scope they were made in.
/// </summary>
public sealed class TextCondition : IDisposable
{
    private readonly KeysValues[] _layers;

    internal TextCondition(KeysValues[] layers, long rows) => (_layers, Rows) = (layers, rows);

    /// <summary>The number R of texts.</summary>
    public long Rows { get; }

    internal KeysValues this[int layer] => _layers[layer];

    /// <summary>The given texts in the given order, repeated as often as they are named.</summary>
    /// <param name="rows">Numbers of texts, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not one of the R texts.</exception>
    public TextCondition Select(params IReadOnlyList<int> rows)
    {
        foreach (var row in rows)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(row, nameof(rows));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows, nameof(rows));
        }

        if (_layers.Length == 0)
        {
            return new TextCondition([], rows.Count);
        }

        using var index = tensor([.. rows.Select(row => (long)row)], device: _layers[0].Keys.device);
        return new TextCondition([.. _layers.Select(x => new KeysValues(x.Keys.index_select(0, index), x.Values.index_select(0, index)))], rows.Count);
    }

    /// <summary>The texts of several conditions of one model, one after the other: for guidance, the unconditional ones and then the conditional ones.</summary>
    /// <exception cref="ArgumentException">There is none, or they are of different models.</exception>
    public static TextCondition Concat(params IReadOnlyList<TextCondition> parts)
    {
        if (parts.Count == 0 || parts.Any(part => part._layers.Length != parts[0]._layers.Length))
        {
            throw new ArgumentException("Only conditions of one model can follow each other.", nameof(parts));
        }

        return new TextCondition(
            [
                .. Enumerable.Range(0, parts[0]._layers.Length).Select(layer => new KeysValues(
                    cat([.. parts.Select(part => part[layer].Keys)]), cat([.. parts.Select(part => part[layer].Values)]))),
            ],
            parts.Sum(part => part.Rows));
    }

    /// <summary>Takes the tensors out of their dispose scope, for a condition that outlives it: from here on its owner disposes it.</summary>
    public TextCondition DetachFromDisposeScope()
    {
        foreach (var (keys, values) in _layers)
        {
            keys.DetachFromDisposeScope();
            values.DetachFromDisposeScope();
        }

        return this;
    }

    /// <summary>Frees the keys and values.</summary>
    public void Dispose()
    {
        foreach (var (keys, values) in _layers)
        {
            keys.Dispose();
            values.Dispose();
        }
    }
}
