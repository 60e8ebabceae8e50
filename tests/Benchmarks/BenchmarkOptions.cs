using System.Globalization;
using StableRep.Engine.Runtime;

namespace StableRep.Benchmarks;

/// <summary>Where a benchmark runs and what replaces its own numbers.</summary>
internal sealed record BenchmarkOptions(ComputeDevice Device)
{
    public int? Batch { get; init; }

    public int? Size { get; init; }

    public int? Runs { get; init; }

    /// <summary>Reads <c>--device NAME --threads N --batch N --size N --runs N</c> and loads libtorch with that many threads.</summary>
    /// <exception cref="FormatException">An option is unknown or has no value.</exception>
    public static BenchmarkOptions Parse(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string>();
        for (var i = 0; i < args.Count; i += 2)
        {
            if (args[i] is not ("--device" or "--threads" or "--batch" or "--size" or "--runs") || i + 1 == args.Count)
            {
                throw new FormatException($"{args[i]} is not an option with a value: use --device, --threads, --batch, --size or --runs.");
            }

            given[args[i]] = args[i + 1];
        }

        TorchRuntime.Load(Number("--threads"));
        return new BenchmarkOptions(ComputeDevice.Parse(given.GetValueOrDefault("--device", "auto")))
        {
            Batch = Number("--batch"),
            Size = Number("--size"),
            Runs = Number("--runs"),
        };

        int? Number(string name) => given.TryGetValue(name, out var text) ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
    }
}
