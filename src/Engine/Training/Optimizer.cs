using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>Moves a model's parameters: all by <see cref="AdamW"/>, or some by <see cref="Muon"/> where the options say so.</summary>
public sealed class Optimizer : IDisposable
{
    private readonly AdamW _adamW;
    private readonly Muon? _muon;
    private readonly int _shares;

    /// <summary>Starts without a past.</summary>
    /// <param name="parameters">What it trains.</param>
    /// <param name="options">How.</param>
    /// <param name="shares">Into how many parts of about equal work the costly part of a step is divided.</param>
    public Optimizer(FlatParameters parameters, OptimizerOptions options, int shares = 1)
    {
        _shares = shares;
        _muon = options.Muon ? new Muon(parameters, parameters.Slices.Where(Muon.Fits), options.WeightDecay, shares) : null;
        _adamW = new AdamW(parameters, options, slice => _muon is null || !Muon.Fits(slice));
    }

    /// <summary>Moves the parameters by their gradients, which stay as they are.</summary>
    /// <param name="learningRate">The rate of this step, at least 0.</param>
    /// <param name="inParallel">Calls what it is given with the number of each share, at once; null calls it with one after the other.</param>
    public void Step(double learningRate, Action<Action<int>>? inParallel = null)
    {
        _adamW.Step(learningRate);
        if (_muon is not null)
        {
            (inParallel ?? OneByOne)(share => _muon.Step(learningRate, share));
        }
    }

    /// <summary>The state by name, for a checkpoint: views, valid until the next step.</summary>
    public Dictionary<string, Tensor> Collect() => _adamW.Collect().Concat(_muon?.Collect() ?? []).ToDictionary();

    /// <summary>Takes over the state that <see cref="Collect"/> gave.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(ITensorSource source)
    {
        _adamW.Load(source);
        _muon?.Load(source);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _adamW.Dispose();
        _muon?.Dispose();
    }

    private void OneByOne(Action<int> work)
    {
        for (var share = 0; share < _shares; share++)
        {
            work(share);
        }
    }
}

/// <summary>How an <see cref="Optimizer"/> moves parameters: <see cref="AdamW"/>'s constants. The defaults are those of StableRep's training.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Decay of the gradient's running mean, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the squared gradient's running mean, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>Added to the denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>The share of a decaying parameter that a step at learning rate 1 takes away.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Whether <see cref="Training.Muon"/> moves the matrices and convolutions that it fits, at the same rate and decay.</summary>
    public bool Muon { get; init; }

    /// <summary>Checks the constants.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Beta1 is not (>= 0 and < 1) || Beta2 is not (>= 0 and < 1) || Epsilon is not > 0 || WeightDecay is not >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"The optimizer needs betas in [0, 1), a positive epsilon and a weight decay of at least 0, not {Beta1}, {Beta2}, {Epsilon} and {WeightDecay}."));
        }
    }
}
