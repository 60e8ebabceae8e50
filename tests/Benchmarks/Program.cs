using StableRep.Benchmarks;
using StableRep.Benchmarks.Recognition;

// Each benchmark prints its own numbers and needs no input.
var benchmarks = new SortedDictionary<string, (string What, Action<BenchmarkOptions> Run)>
{
    ["loader"] = ("images per second of decoding and augmenting, apart and together", options => LoaderBenchmark.Run(options.Device)),
    ["training"] = ("images per second of training an encoder: device only, with augmentation, from shards", TrainingBenchmark.Run),
    ["pipeline"] = ("images per second from captions to pictures, of the tiny and the pocket generator", PipelineBenchmark.Run),
    ["scenes"] = ("captioned scenes drawn per second", ScenesBenchmark.Run),
    ["unet"] = ("one step of a UNet of Stable Diffusion 1.5's size: 4 GB of memory, about two minutes on two cores", UNetBenchmark.Run),
    ["unet-training"] = ("training steps of small UNets", UNetTrainingBenchmark.Run),
};

if (args is ["recognition", .. var recognition])
{
    return RecognitionBenchmark.Run(recognition);
}

if (args is ["conditioning", .. var conditioning])
{
    return ConditioningBenchmark.Run(conditioning);
}

var names = args.TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal)).ToArray();
if (names.Length == 0 || names.Any(name => !benchmarks.ContainsKey(name)))
{
    await Console.Error.WriteLineAsync(
        $"""
        usage: benchmarks NAME... [--device cpu|cuda|cuda:N|auto] [--threads N] [--batch N] [--size N] [--runs N]

        {string.Join('\n', benchmarks.Select(benchmark => $"{benchmark.Key,-14} {benchmark.Value.What}"))}
        conditioning   what a generator of scenes has learned of its captions (conditioning GENERATOR_FOLDER)
        recognition    how well a generator draws what captions ask for (options of its own: recognition --help)
        """);
    return 2;
}

var options = BenchmarkOptions.Parse(args[names.Length..]);
foreach (var name in names)
{
    benchmarks[name].Run(options);
}

return 0;
