using StableRep.Engine.Checkpoints;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Training;

/// <summary>
/// The trainable parameters of one or more modules laid out in one flat fp32 tensor, and their gradients in another, so that an optimizer
/// step, a gradient norm or a moving average over hundreds of parameters is a handful of operations.
/// </summary>
/// <remarks>
/// Each parameter becomes a view of <see cref="Values"/> and its gradient a view of <see cref="Gradients"/>, into which backward passes
/// accumulate; both stay true until the module is moved or its gradients are cleared by <c>zero_grad</c> (use <see cref="ZeroGradients"/>
/// instead). Parameters with weight decay come first. Frozen parameters are left alone; a parameter that takes no part in the loss has a
/// zero gradient, not an absent one. Move the modules to their device before.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    // 16 floats are one cache line: each parameter starts on one, as its own allocation would.
    private const long Alignment = 16;

    /// <summary>Lays out the parameters of a module.</summary>
    /// <param name="module">A module whose trainable parameters are fp32 and on one device.</param>
    /// <param name="decays">Whether a parameter has weight decay, by name and parameter; null for <see cref="HasWeightDecay"/>.</param>
    public FlatParameters(nn.Module module, Func<string, Tensor, bool>? decays = null)
        : this(module.named_parameters(), decays)
    {
    }

    /// <summary>Lays out named parameters.</summary>
    /// <param name="parameters">Unique names and parameters, fp32 and on one device.</param>
    /// <param name="decays">Whether a parameter has weight decay, by name and parameter; null for <see cref="HasWeightDecay"/>.</param>
    /// <exception cref="ArgumentException">No parameter is trainable, one is not fp32 or on another device, or a name comes twice.</exception>
    public FlatParameters(IEnumerable<(string name, Parameter parameter)> parameters, Func<string, Tensor, bool>? decays = null)
    {
        decays ??= HasWeightDecay;
        var trainable = parameters.Where(item => item.parameter.requires_grad)
            .Select(item => (item.name, item.parameter, decays: decays(item.name, item.parameter)))
            .OrderByDescending(item => item.decays)
            .ToList();
        if (trainable.Count == 0)
        {
            throw new ArgumentException("There is no trainable parameter: each has requires_grad set to false.", nameof(parameters));
        }

        var device = trainable[0].parameter.device;
        var slices = new List<ParameterSlice>(trainable.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        long end = 0;
        foreach (var (name, parameter, decayed) in trainable)
        {
            if (parameter.dtype != ScalarType.Float32 || parameter.device.ToString() != device.ToString() || !names.Add(name))
            {
                throw new ArgumentException(
                    $"Parameter '{name}' ({parameter.dtype} on {parameter.device}) does not fit: trained parameters are fp32, on one device " +
                    $"({device}), each with a name of its own.", nameof(parameters));
            }

            slices.Add(new ParameterSlice(name, end, parameter.shape, decayed));
            end += (parameter.numel() + Alignment - 1) / Alignment * Alignment;
            DecayedLength = decayed ? end : DecayedLength;
        }

        Slices = slices;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Values = zeros(end, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        Gradients = zeros(end, dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
        foreach (var (slice, item) in slices.Zip(trainable))
        {
            var view = slice.Of(Values);
            view.copy_(item.parameter);
            item.parameter.set_(view);
            item.parameter.grad = slice.Of(Gradients);
        }
    }

    /// <summary>All parameters, fp32 <c>[N]</c>: those with weight decay, then the others, with gaps of zeros between them.</summary>
    public Tensor Values { get; }

    /// <summary>All gradients, laid out as <see cref="Values"/>.</summary>
    public Tensor Gradients { get; }

    /// <summary>How many leading elements have weight decay.</summary>
    public long DecayedLength { get; }

    /// <summary>Where each parameter lies.</summary>
    public IReadOnlyList<ParameterSlice> Slices { get; }

    /// <summary>The usual rule: everything decays but biases and parameters of at most one dimension (norms, scales).</summary>
    public static bool HasWeightDecay(string name, Tensor parameter) =>
        parameter.dim() > 1 && name != "bias" && !name.EndsWith(".bias", StringComparison.Ordinal);

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Gradients.zero_();
    }

    /// <summary>The L2 norm of all gradients together; NaN or infinite when any gradient is.</summary>
    public double GradientNorm()
    {
        using var noGrad = no_grad();
        using var norm = Gradients.norm();
        return norm.item<float>();
    }

    /// <summary>
    /// Scales all gradients so that their common L2 norm is at most <paramref name="maxNorm"/>, as <c>clip_grad_norm_</c> does.
    /// </summary>
    /// <param name="maxNorm">The largest norm, positive.</param>
    /// <returns>The norm before clipping. If it is not finite, the gradients are left as they are.</returns>
    public double ClipGradients(double maxNorm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNorm);
        var norm = GradientNorm();
        if (double.IsFinite(norm) && maxNorm / (norm + 1e-6) is < 1 and var scale)
        {
            ScaleGradients(scale);
        }

        return norm;
    }

    /// <summary>Multiplies every gradient by one factor.</summary>
    public void ScaleGradients(double factor)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Gradients.mul_(factor);
    }

    /// <summary>One named view of each parameter's part of a tensor laid out as <see cref="Values"/>.</summary>
    /// <param name="flat">Such a tensor, <c>[N]</c>.</param>
    /// <param name="prefix">Put before each name.</param>
    public Dictionary<string, Tensor> Split(Tensor flat, string prefix = "")
    {
        using var noGrad = no_grad();
        return Slices.ToDictionary(slice => prefix + slice.Name, slice => slice.Of(flat), StringComparer.Ordinal);
    }

    /// <summary>Fills a tensor laid out as <see cref="Values"/> from named tensors; if one is missing, nothing is written.</summary>
    /// <param name="source">Where the tensors are.</param>
    /// <param name="flat">Such a tensor, <c>[N]</c>.</param>
    /// <param name="prefix">Put before each name.</param>
    /// <exception cref="CheckpointException">A tensor is missing or has another shape.</exception>
    public void Load(ITensorSource source, Tensor flat, string prefix = "")
    {
        if (Slices.FirstOrDefault(slice => !source.Entries.ContainsKey(prefix + slice.Name)) is { } missing)
        {
            throw new CheckpointException($"{source.Name}: tensor '{prefix}{missing.Name}' is missing: the state is of another model or optimizer.");
        }

        using var noGrad = no_grad();
        foreach (var slice in Slices)
        {
            using var view = slice.Of(flat);
            source.CopyTo(prefix + slice.Name, view);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Gradients.Dispose();
    }
}

/// <summary>Where one parameter lies in <see cref="FlatParameters"/>.</summary>
/// <param name="Name">The parameter's name.</param>
/// <param name="Offset">The index of its first element.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Decays">Whether weight decay applies to it.</param>
public sealed record ParameterSlice(string Name, long Offset, IReadOnlyList<long> Shape, bool Decays)
{
    /// <summary>The number of elements.</summary>
    public long Length { get; } = Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>The view of this parameter's part of a flat tensor, in the parameter's shape.</summary>
    public Tensor Of(Tensor flat)
    {
        using var part = flat.narrow(0, Offset, Length);
        return part.view([.. Shape]);
    }
}
