using StableRep.Engine.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with the numerics of <c>torch.optim.AdamW</c> over <see cref="FlatParameters"/>: no
/// matter how many parameters a model has, a step is a few operations on long tensors. Weight decay is left out where
/// <see cref="FlatParameters"/> says so.
/// </summary>
public sealed class AdamW : IDisposable
{
    // On a CPU the six passes over a block of 2^17 elements (four arrays of 512 KiB) run in its cache instead of in main memory.
    private const long CpuBlock = 1 << 17;

    private readonly AdamWOptions _options;
    private readonly Tensor _average;
    private readonly Tensor _squareAverage;
    private readonly Tensor _scratch;
    private readonly List<(long Start, long Length, bool Decays)> _blocks;

    /// <summary>Starts with zero moments.</summary>
    public AdamW(FlatParameters parameters, AdamWOptions? options = null)
    {
        (Parameters, _options) = (parameters, options ?? new AdamWOptions());
        using var scope = NewDisposeScope();
        var values = parameters.Values;
        _average = zeros_like(values).DetachFromDisposeScope();
        _squareAverage = zeros_like(values).DetachFromDisposeScope();
        var block = values.device_type == DeviceType.CPU ? CpuBlock : values.numel();
        _blocks = [.. Blocks(0, parameters.DecayedLength, block, true), .. Blocks(parameters.DecayedLength, values.numel(), block, false)];
        _scratch = empty(_blocks.Max(item => item.Length), dtype: values.dtype, device: values.device).DetachFromDisposeScope();
    }

    /// <summary>What this optimizer trains.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>How many steps were taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Moves the parameters by their gradients, which stay as they are.</summary>
    /// <param name="learningRate">The rate of this step, at least 0.</param>
    public void Step(double learningRate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(learningRate);
        Steps++;
        var (beta1, beta2) = (_options.Beta1, _options.Beta2);
        var rate = learningRate / (1 - Math.Pow(beta1, Steps));
        var root = Math.Sqrt(1 - Math.Pow(beta2, Steps));
        using var noGrad = no_grad();
        foreach (var (start, length, decays) in _blocks)
        {
            using var scope = NewDisposeScope();
            var value = Parameters.Values.narrow(0, start, length);
            var gradient = Parameters.Gradients.narrow(0, start, length);
            var average = _average.narrow(0, start, length);
            var square = _squareAverage.narrow(0, start, length);
            var divisor = _scratch.narrow(0, 0, length);
            if (decays && _options.WeightDecay != 0)
            {
                value.mul_(1 - (learningRate * _options.WeightDecay));
            }

            average.mul_(beta1).add_(gradient, 1 - beta1);
            square.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
            divisor.copy_(square).sqrt_().div_(root).add_(_options.Epsilon);
            value.addcdiv_(average, divisor, -rate);
        }
    }

    /// <summary>The state by name, for a checkpoint: views, valid until the next step.</summary>
    public Dictionary<string, Tensor> Collect()
    {
        var state = Parameters.Split(_average, "exp_avg.");
        foreach (var (name, tensor) in Parameters.Split(_squareAverage, "exp_avg_sq."))
        {
            state.Add(name, tensor);
        }

        state.Add("step", tensor(Steps));
        return state;
    }

    /// <summary>Takes over the state that <see cref="Collect"/> gave.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(ITensorSource source)
    {
        using var scope = NewDisposeScope();
        foreach (var (flat, prefix) in new[] { (_average, "exp_avg."), (_squareAverage, "exp_avg_sq.") })
        {
            Parameters.Load(source, flat, prefix);
        }

        Steps = source.Read("step").item<long>();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _average.Dispose();
        _squareAverage.Dispose();
        _scratch.Dispose();
    }

    private static IEnumerable<(long Start, long Length, bool Decays)> Blocks(long start, long end, long size, bool decays)
    {
        for (; start < end; start += size)
        {
            yield return (start, Math.Min(size, end - start), decays);
        }
    }
}

/// <summary>The constants of <see cref="AdamW"/>. The defaults are those of StableRep's training.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the gradient's running mean, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the squared gradient's running mean, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>Added to the denominator.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>The share of a decaying parameter that a step at learning rate 1 takes away.</summary>
    public double WeightDecay { get; init; } = 0.1;

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
