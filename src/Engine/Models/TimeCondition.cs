using static TorchSharp.torch;

namespace StableRep.Engine.Models;

/// <summary>
/// One time step, or one a picture, as a UNet's residual blocks see it: each block's projection <c>[B or 1, C, 1, 1]</c>. It holds for the weights
/// that the model had when it was made.
/// The tensors belong to the dispose scope they were made in.
/// </summary>
public sealed class TimeCondition : IDisposable
{
    private readonly Tensor[] _blocks;
    private readonly Tensor[]? _foldedWeights;

    internal TimeCondition(Tensor[] blocks, Tensor[]? foldedWeights = null) => (_blocks, _foldedWeights) = (blocks, foldedWeights);

    internal Tensor this[int block] => _blocks[block];

    // Of the UNet's enlarging layers, which change as seldom as the projections.
    internal Tensor? FoldedWeights(int layer) => _foldedWeights?[layer];

    internal void DetachFromDisposeScope()
    {
        foreach (var block in _blocks)
        {
            block.DetachFromDisposeScope();
        }
    }

    /// <summary>Frees the projections.</summary>
    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            block.Dispose();
        }
    }
}

/// <summary>
/// The time conditions of a whole schedule, computed in one batch: they depend on the time step alone, so every picture shares them. With them
/// whatever else does not change from step to step.
/// </summary>
public sealed class TimeConditions : IDisposable
{
    private readonly Tensor[] _blocks;
    private readonly Tensor[] _foldedWeights;
    private readonly TimeCondition[] _steps;

    internal TimeConditions(Tensor[] blocks, Tensor[] foldedWeights, int count)
    {
        (_blocks, _foldedWeights) = (blocks, foldedWeights);
        _steps =
        [
            .. Enumerable.Range(0, count).Select(step => new TimeCondition([.. blocks.Select(block => block.narrow(0, step, 1))], foldedWeights)),
        ];
    }

    /// <summary>The number of time steps.</summary>
    public int Count => _steps.Length;

    /// <summary>The condition of the time step at a position of the schedule. It is freed with the whole.</summary>
    /// <param name="step">Position in the schedule, from 0.</param>
    public TimeCondition this[int step] => _steps[step];

    /// <summary>Takes the tensors out of their dispose scope, for conditions that outlive it: from here on their owner disposes them.</summary>
    public TimeConditions DetachFromDisposeScope()
    {
        foreach (var shared in _blocks.Concat(_foldedWeights))
        {
            shared.DetachFromDisposeScope();
        }

        foreach (var step in _steps)
        {
            step.DetachFromDisposeScope();
        }

        return this;
    }

    /// <summary>Frees all conditions.</summary>
    public void Dispose()
    {
        foreach (var step in _steps)
        {
            step.Dispose();
        }

        foreach (var shared in _blocks.Concat(_foldedWeights))
        {
            shared.Dispose();
        }
    }
}
