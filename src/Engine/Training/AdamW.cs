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

    private readonly OptimizerOptions _options;
    private readonly Tensor _average;
    private readonly Tensor _squareAverage;
    private readonly Tensor _scratch;
    private readonly List<(long Start, long Length, bool Decays)> _blocks;

    /// <summary>Starts with zero moments.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="options">The constants; null for the defaults.</param>
    /// <param name="trains">Which parameters to train; null for all.</param>
    public AdamW(FlatParameters parameters, OptimizerOptions? options = null, Func<ParameterSlice, bool>? trains = null)
    {
        (Parameters, _options) = (parameters, options ?? new OptimizerOptions());
        using var scope = NewDisposeScope();
        var values = parameters.Values;
        _average = zeros_like(values).DetachFromDisposeScope();
        _squareAverage = zeros_like(values).DetachFromDisposeScope();
        var block = values.device_type == DeviceType.CPU ? CpuBlock : values.numel();
        _blocks = [.. Runs(parameters, trains).SelectMany(run => Blocks(run.Start, run.End, block, run.Decays))];
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

    /// <summary>Parameters side by side that are treated alike, with the gaps behind them.</summary>
    private static List<(long Start, long End, bool Decays)> Runs(FlatParameters parameters, Func<ParameterSlice, bool>? trains)
    {
        var runs = new List<(long Start, long End, bool Decays)>();
        foreach (var (index, slice) in parameters.Slices.Index())
        {
            if (trains?.Invoke(slice) == false)
            {
                continue;
            }

            var end = index + 1 < parameters.Slices.Count ? parameters.Slices[index + 1].Offset : parameters.Values.numel();
            if (runs.Count > 0 && runs[^1] is var last && last.End == slice.Offset && last.Decays == slice.Decays)
            {
                runs[^1] = last with { End = end };
            }
            else
            {
                runs.Add((slice.Offset, end, slice.Decays));
            }
        }

        return runs;
    }

    private static IEnumerable<(long Start, long Length, bool Decays)> Blocks(long start, long end, long size, bool decays)
    {
        for (; start < end; start += size)
        {
            yield return (start, Math.Min(size, end - start), decays);
        }
    }
}
