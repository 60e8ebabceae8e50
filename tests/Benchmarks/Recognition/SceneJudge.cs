using System.Diagnostics;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Images;
using StableRep.Engine.Scenes;
using StableRep.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace StableRep.Benchmarks.Recognition;

/// <summary>Names the main object's class, colour and texture in a picture of 64 pixels. Trained on renders alone; it never sees a generated picture.</summary>
internal sealed class SceneJudge : IDisposable
{
    private const int Batch = 64;
    private const int Seed = 1;
    private readonly SceneJudgeNetwork _network;
    private readonly Device _device;

    private SceneJudge(SceneJudgeNetwork network, Device device) => (_network, _device) = (network, device);

    /// <summary>The judge of a file, trained and written there first where it is missing.</summary>
    public static SceneJudge Open(string file, int steps, Device device, Action<string> log)
    {
        // The global generator decides the initial weights; nothing else of a benchmark's process depends on it.
        random.manual_seed(Seed);
        var network = new SceneJudgeNetwork();
        if (File.Exists(file))
        {
            using var weights = SafetensorsFile.Open(file);
            ModuleWeights.Load(network, weights);
            network.to(device);
        }
        else
        {
            network.to(device);
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            Train(network, steps, device, log);
            SafetensorsWriter.Write(file, ModuleWeights.Collect(network));
        }

        network.eval();
        return new SceneJudge(network, device);
    }

    /// <summary>What the judge sees in each picture, and its features <c>[N, D]</c> on the CPU, which the caller owns.</summary>
    public (Verdict[] Verdicts, Tensor Features) Look(IReadOnlyList<PixelImage> images)
    {
        using var mode = inference_mode();
        using var scope = NewDisposeScope();
        var verdicts = new List<Verdict>(images.Count);
        var features = new List<Tensor>();
        for (var from = 0; from < images.Count; from += 256)
        {
            using var part = NewDisposeScope();
            var chunk = images.Skip(from).Take(256).ToArray();
            var seen = _network.Features(ImageTensors.ToFloats(chunk).to(_device));
            var (classes, colours, textures) = Split(_network.Heads(seen));
            var (of, colour, texture) = (Best(classes), Best(colours), Best(textures));
            for (var i = 0; i < chunk.Length; i++)
                verdicts.Add(new Verdict((ObjectClass)of[i], (ObjectColour)colour[i], (ObjectTexture)texture[i]));
            features.Add(seen.cpu().MoveToOuterDisposeScope());
        }

        return ([.. verdicts], cat(features).DetachFromDisposeScope());
    }

    /// <summary>How often the judge is right on renders that it was not trained on.</summary>
    public Accuracy Test(int count)
    {
        var stream = new SceneStream(Seed, SceneDomain.JudgeTest);
        var samples = Enumerable.Range(0, count).Select(i => stream.Sample(i)).ToArray();
        var (verdicts, features) = Look([.. samples.Select(sample => sample.Image)]);
        features.Dispose();
        double Share(Func<Verdict, SceneObject, bool> right) => verdicts.Zip(samples).Count(pair => right(pair.First, pair.Second.Scene.Main)) / (double)count;
        return new Accuracy(
            Share((verdict, main) => verdict.Class == main.Class),
            Share((verdict, main) => verdict.Colour == main.Colour),
            Share((verdict, main) => verdict.Texture == main.Texture));
    }

    public void Dispose() => _network.Dispose();

    private static void Train(SceneJudgeNetwork network, int steps, Device device, Action<string> log)
    {
        using var parameters = new FlatParameters(network);
        using var optimizer = new AdamW(parameters, new OptimizerOptions { Beta2 = 0.99, WeightDecay = 0.02 });
        var schedule = new LearningRateSchedule { Peak = 4e-3, WarmupEpochs = 0.05, Epochs = 1, IterationsPerEpoch = steps };
        var stream = new SceneStream(Seed, SceneDomain.JudgeTrain);
        var clock = Stopwatch.StartNew();
        var next = Task.Run(() => Render(stream, 0));
        network.train();
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var samples = next.GetAwaiter().GetResult();
            var following = step + 1;
            next = Task.Run(() => Render(stream, following));
            var labels = Labels(samples).to(device); // [3, B]
            parameters.ZeroGradients();
            var (classes, colours, textures) = Split(network.forward(ImageTensors.ToFloats([.. samples.Select(sample => sample.Image)]).to(device)));
            var loss = nn.functional.cross_entropy(classes, labels[0]) + nn.functional.cross_entropy(colours, labels[1])
                + nn.functional.cross_entropy(textures, labels[2]);
            loss.backward();
            optimizer.Step(schedule.At(step));
            if ((step + 1) % 100 == 0 || step + 1 == steps) log($"judge: step {step + 1} of {steps}, loss {loss.item<float>():F3}, {clock.Elapsed.TotalSeconds:F0} s");
        }
    }

    private static SceneSample[] Render(SceneStream stream, int step)
    {
        var samples = new SceneSample[Batch];
        for (var i = 0; i < Batch; i++) samples[i] = stream.Sample((long)step * Batch + i);
        return samples;
    }

    private static Tensor Labels(SceneSample[] samples) => tensor(
        [.. samples.Select(sample => (long)sample.Scene.Main.Class), .. samples.Select(sample => (long)sample.Scene.Main.Colour), .. samples.Select(sample => (long)sample.Scene.Main.Texture)],
        [3, samples.Length]);

    private static (Tensor Classes, Tensor Colours, Tensor Textures) Split(Tensor logits)
    {
        var parts = logits.split([SceneRules.ClassCount, SceneRules.ColourCount, SceneRules.TextureCount], 1);
        return (parts[0], parts[1], parts[2]);
    }

    private static long[] Best(Tensor logits) => logits.argmax(1).cpu().data<long>().ToArray();
}

/// <summary>What the judge sees in a picture.</summary>
internal sealed record Verdict(ObjectClass Class, ObjectColour Colour, ObjectTexture Texture);

/// <summary>Shares of right verdicts, in [0, 1].</summary>
internal sealed record Accuracy(double Class, double Colour, double Texture);
