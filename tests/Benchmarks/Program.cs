using StableRep.Benchmarks;
using StableRep.Engine.Runtime;

// Each benchmark prints its own numbers and needs no input; all of them run on the device that --device names.
var benchmarks = new SortedDictionary<string, (string What, Action<ComputeDevice> Run)>
{
    ["loader"] = ("images per second of decoding and augmenting, apart and together", LoaderBenchmark.Run),
};

var names = args.TakeWhile(argument => argument != "--device").ToArray();
var device = args.SkipWhile(argument => argument != "--device").Skip(1).FirstOrDefault() ?? "auto";
if (names.Length == 0 || names.Any(name => !benchmarks.ContainsKey(name)))
{
    await Console.Error.WriteLineAsync(
        $"""
        usage: benchmarks NAME... [--device cpu|cuda|cuda:N|auto]

        {string.Join('\n', benchmarks.Select(benchmark => $"{benchmark.Key,-12} {benchmark.Value.What}"))}
        """);
    return 2;
}

foreach (var name in names)
{
    benchmarks[name].Run(ComputeDevice.Parse(device));
}

return 0;
