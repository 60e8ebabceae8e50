using System.Globalization;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Parity;

/// <summary>Runs cases and compares every output with the reference's.</summary>
public static class ParityRunner
{
    /// <summary>Runs every case under <paramref name="root"/> whose name contains one of <paramref name="parts"/> (all without parts).</summary>
    /// <returns>The process's exit code: 0 all passed, 1 a case failed, 2 there was nothing to run.</returns>
    public static int RunAll(string root, IReadOnlyList<string> parts, TextWriter output, TextWriter errors)
    {
        if (!Directory.Exists(root))
        {
            errors.WriteLine($"{root}: there is no such folder");
            return 2;
        }

        var names = ParityCase.List(root)
            .Where(name => parts.Count == 0 || parts.Any(part => name.Contains(part, StringComparison.Ordinal)))
            .ToList();
        var failed = 0;
        foreach (var name in names)
        {
            var outcome = Run(root, name);
            output.WriteLine(outcome.ToString());
            output.Flush();
            if (!outcome.Passed)
            {
                failed++;
                errors.WriteLine($"{name}: {outcome.Reason}");
            }
        }

        errors.WriteLine($"{names.Count - failed} of {names.Count} cases passed");
        return names.Count == 0 ? 2 : failed == 0 ? 0 : 1;
    }

    /// <summary>Runs one case. Whatever goes wrong in it is its outcome, never an exception.</summary>
    public static ParityOutcome Run(string root, string name)
    {
        try
        {
            TorchRuntime.Load();
            using var scope = NewDisposeScope();
            using var parity = ParityCase.Load(root, name);
            if (!ParityKinds.All.TryGetValue(parity.Kind, out var run))
            {
                return ParityOutcome.Error(name, $"the kind '{parity.Kind}' is unknown");
            }

            return Compare(parity, run(parity));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return ParityOutcome.Error(name, exception.ToString());
        }
    }

    public static ParityOutcome Compare(ParityCase parity, IReadOnlyDictionary<string, Tensor> actual)
    {
        var expected = parity.Outputs();
        if (expected.Count == 0)
        {
            return ParityOutcome.Error(parity.Name, "the case has no outputs to compare with");
        }

        var missing = expected.Where(output => !actual.ContainsKey(output)).ToList();
        var extra = actual.Keys.Except(expected).ToList();
        if (missing.Count + extra.Count > 0)
        {
            return ParityOutcome.Error(parity.Name, $"missing outputs: [{string.Join(", ", missing)}], unexpected outputs: [{string.Join(", ", extra)}]");
        }

        var (maxAbs, relative) = (0.0, 0.0);
        var reasons = new List<string>();
        foreach (var output in expected)
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var (ours, reference) = (actual[output], parity.Out(output));
            if (!ours.shape.AsSpan().SequenceEqual(reference.shape))
            {
                reasons.Add($"{output} has shape [{string.Join(", ", ours.shape)}], the reference [{string.Join(", ", reference.shape)}]");
                continue;
            }

            var (abs, rel) = Differences(ours, reference);
            maxAbs = Worst(maxAbs, abs);
            relative = Worst(relative, rel);
            if (!Within(parity, abs, rel))
            {
                reasons.Add(string.Create(CultureInfo.InvariantCulture, $"{output} differs by max_abs {abs:0.000e+00}, rel_l2 {rel:0.000e+00}"));
            }
        }

        return new ParityOutcome(parity.Name, maxAbs, relative, reasons.Count == 0 ? null : string.Join("; ", reasons.Take(10)));
    }

    private static (double MaxAbs, double RelativeL2) Differences(Tensor ours, Tensor reference)
    {
        if (reference.NumberOfElements == 0)
        {
            return (0, 0);
        }

        reference = reference.to(ScalarType.Float64);
        var difference = ours.detach().cpu().to(ScalarType.Float64) - reference;
        var maxAbs = difference.abs().max().item<double>();
        var norm = difference.norm().item<double>();
        return (maxAbs, norm == 0 ? 0 : norm / reference.norm().item<double>());
    }

    // NaN compares false, so a result that is not a number never passes.
    private static bool Within(ParityCase parity, double maxAbs, double relative) => (parity.AbsoluteTolerance, parity.RelativeTolerance) switch
    {
        (null, null) => maxAbs == 0,
        ({ } abs, null) => maxAbs <= abs,
        (null, { } rel) => relative <= rel,
        ({ } abs, { } rel) => maxAbs <= abs && relative <= rel,
    };

    private static double Worst(double a, double b) => double.IsNaN(a) || double.IsNaN(b) ? double.NaN : Math.Max(a, b);
}

/// <summary>How a case ended.</summary>
/// <param name="Name">GROUP/NAME.</param>
/// <param name="MaxAbs">The largest difference of any element of any output; NaN when there was nothing to compare.</param>
/// <param name="RelativeL2">The largest relative L2 error of any output; NaN when there was nothing to compare.</param>
/// <param name="Reason">Why the case failed; null when it passed.</param>
public sealed record ParityOutcome(string Name, double MaxAbs, double RelativeL2, string? Reason)
{
    public bool Passed => Reason is null;

    public static ParityOutcome Error(string name, string reason) => new(name, double.NaN, double.NaN, reason);

    /// <summary><c>case-name max_abs rel_l2 ok|FAIL</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name} {MaxAbs:0.000e+00} {RelativeL2:0.000e+00} {(Passed ? "ok" : "FAIL")}");
}
