using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>A running average of the parameters, smoother than the parameters of any one step; often the better model.</summary>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly double _decay;
    private readonly Tensor _average;

    /// <summary>Starts at the parameters' present values.</summary>
    /// <param name="parameters">What to average.</param>
    /// <param name="decay">The weight of the past, in [0, 1); approached as <c>(1 + n) / (10 + n)</c>, so that the start is soon forgotten.</param>
    public ExponentialMovingAverage(FlatParameters parameters, double decay)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(decay, 1);
        (_parameters, _decay) = (parameters, decay);
        using var noGrad = no_grad();
        _average = parameters.Values.clone().DetachFromDisposeScope();
    }

    /// <summary>How many updates were made.</summary>
    public long Updates { get; private set; }

    /// <summary>Takes the parameters' present values into the average; call it after each optimizer step.</summary>
    public void Update()
    {
        Updates++;
        var decay = Math.Min(_decay, (1.0 + Updates) / (10.0 + Updates));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _average.mul_(decay).add_(_parameters.Values, 1 - decay);
    }

    /// <summary>Puts the averaged values into the modules until the returned object is disposed.</summary>
    public IDisposable Apply() => new Applied(this);

    /// <summary>The averaged parameters by name: views, valid until the next update.</summary>
    public Dictionary<string, Tensor> Average() => _parameters.Split(_average);

    /// <summary>The state by name, for a checkpoint.</summary>
    public Dictionary<string, Tensor> Collect()
    {
        var state = _parameters.Split(_average, "average.");
        state.Add("updates", tensor(Updates));
        return state;
    }

    /// <summary>Takes over the state that <see cref="Collect"/> gave.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(ITensorSource source)
    {
        using var scope = NewDisposeScope();
        _parameters.Load(source, _average, "average.");
        Updates = source.Read("updates").item<long>();
    }

    /// <inheritdoc/>
    public void Dispose() => _average.Dispose();

    private void Swap()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var kept = _parameters.Values.clone();
        _parameters.Values.copy_(_average);
        _average.copy_(kept);
    }

    private sealed class Applied : IDisposable
    {
        private ExponentialMovingAverage? _owner;

        public Applied(ExponentialMovingAverage owner)
        {
            _owner = owner;
            owner.Swap();
        }

        public void Dispose()
        {
            _owner?.Swap();
            _owner = null;
        }
    }
}
