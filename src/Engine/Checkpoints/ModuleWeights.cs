using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>Moves a module's parameters and persistent buffers from and to named tensors. Names are those of the module's state.</summary>
public static class ModuleWeights
{
    private const int MaxListed = 10;

    /// <summary>
    /// Fills every parameter and persistent buffer from <paramref name="source"/>, converted to the module's types and device. Everything is
    /// checked before anything is written: a failed load leaves the module as it was.
    /// </summary>
    /// <param name="module">The module to fill.</param>
    /// <param name="source">Where the tensors come from.</param>
    /// <param name="rename">Gives the module's name for a name of the source, or null for a tensor to leave out; null where the names agree.</param>
    /// <exception cref="CheckpointException">
    /// Names are missing, unexpected, doubled by <paramref name="rename"/>, or of another shape or kind of number; the message lists them.
    /// </exception>
    /// <exception cref="InvalidOperationException">The module's tensors have no memory (they are on the <c>meta</c> device).</exception>
    public static void Load(nn.Module module, ITensorSource source, Func<string, string?>? rename = null)
    {
        var wanted = module.state_dict();
        var problems = new List<string>();
        var plan = new Dictionary<string, string>(wanted.Count);
        var unexpected = new List<string>();
        var doubled = new List<string>();
        var misfits = new List<string>();
        foreach (var (name, entry) in source.Entries)
        {
            if ((rename is null ? name : rename(name)) is not { } key)
            {
                continue;
            }

            if (!wanted.TryGetValue(key, out var target))
            {
                unexpected.Add(name);
            }
            else if (!plan.TryAdd(key, name))
            {
                doubled.Add($"{name} and {plan[key]} both for {key}");
            }
            else if (Misfit(entry, target) is { } misfit)
            {
                misfits.Add($"{key} {misfit}");
            }
        }

        Add(problems, "missing", wanted.Keys.Where(key => !plan.ContainsKey(key)));
        Add(problems, "unexpected", unexpected);
        Add(problems, "doubled", doubled);
        Add(problems, "of the wrong shape or type", misfits);
        if (problems.Count > 0)
        {
            throw new CheckpointException($"{source.Name} does not fit {module.GetType().Name}: {string.Join("; ", problems)}.");
        }

        foreach (var (key, name) in plan)
        {
            source.CopyTo(name, wanted[key]);
        }
    }

    /// <summary>
    /// Every parameter and persistent buffer, detached and sharing the module's memory, ready for <see cref="SafetensorsWriter"/>. The caller
    /// owns the tensors.
    /// </summary>
    public static Dictionary<string, Tensor> Collect(nn.Module module) =>
        module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach());

    /// <summary>The name and shape of every parameter and persistent buffer; the module may be on the <c>meta</c> device.</summary>
    public static IReadOnlyDictionary<string, long[]> Manifest(nn.Module module) =>
        module.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.shape);

    private static string? Misfit(TensorEntry entry, Tensor target)
    {
        if (target.device_type == TorchSharp.DeviceType.META)
        {
            throw new InvalidOperationException("The module is on the meta device and has no memory to load into: create it on the CPU or a GPU.");
        }

        if (!target.shape.AsSpan().SequenceEqual(entry.Shape.ToArray()))
        {
            return $"[{string.Join(", ", entry.Shape)}] instead of [{string.Join(", ", target.shape)}]";
        }

        return IsFloating(entry.Type) == IsFloating(target.dtype) ? null : $"{entry.Type} instead of {target.dtype}";
    }

    private static bool IsFloating(ScalarType type) => is_floating_point(type);

    private static void Add(List<string> problems, string kind, IEnumerable<string> names)
    {
        var sorted = names.Order(StringComparer.Ordinal).ToList();
        if (sorted.Count > 0)
        {
            var rest = sorted.Count > MaxListed ? $", and {sorted.Count - MaxListed} more" : "";
            problems.Add($"{sorted.Count} {kind} ({string.Join(", ", sorted.Take(MaxListed))}{rest})");
        }
    }
}
