using System.Diagnostics;
using System.Globalization;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private const string ChildFolder = "STABLEREP_TEST_TRAINING_FOLDER";
    private const int Steps = 20;
    private static readonly string[] CheckpointParts = ["model.safetensors", "optimizer.safetensors", "average.safetensors"];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("stablerep")]
    [InlineData("stablerep+")]
    [InlineData("simclr")]
    [InlineData("clip")]
    [InlineData("supervised")]
    public void A_method_learns_what_its_images_have_in_common(string method)
    {
        var recipe = TrainingRecipes.ForMethod(
            Recipe("stablerep") with
            {
                SetsPerBatch = 5,
                Epochs = 30,
                BaseLearningRate = 6e-2,
                WarmupEpochs = 1,
                ClipGradientNorm = 1,
                Augmentation = AugmentationSettings.Weak(16) with { FlipProbability = 0 },
            },
            method);
        var observer = new StepRecorder();
        var outcome = new Trainer(recipe, Source(), Options("run"), observer).Run();
        Assert.True(outcome.Completed);
        var losses = observer.Series["train/loss"];
        var accuracies = observer.Series["train/accuracy"];
        var (first, last) = (losses.Take(6).Average(), losses.TakeLast(6).Average());
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{method}: {losses.Count} steps, loss {first:F3} -> {last:F3}, accuracy {accuracies.Take(6).Average():P0} -> {accuracies.TakeLast(6).Average():P0}");
        Assert.True(last < 0.9 * first, $"loss {first} -> {last}");
        Assert.True(1 - accuracies.TakeLast(6).Average() < 0.93 * (1 - accuracies.Take(6).Average()), "the accuracy did not rise");
        using var encoder = VisionTransformerFolder.Load(outcome.EncoderFolder!);
        Assert.Equal(recipe.Augmentation.Mean, encoder.Config.Mean);
    }

    [Theory]
    [InlineData("stablerep")]
    [InlineData("stablerep+")]
    public void A_run_stopped_and_resumed_is_the_same_bit_by_bit(string method)
    {
        TorchRuntime.Load(threads: 2);
        var recipe = Recipe(method) with { DropPathRate = 0.2, AverageDecay = 0.9 };
        var whole = new StepRecorder();
        Assert.Equal(Steps, new Trainer(recipe, Source(), Options("whole"), whole).Run().Step);
        var stopAt = new Random().Next(1, Steps);
        using var pause = new CancellationTokenSource();
        var parts = new StepRecorder { OnStep = step => Cancel(pause, step == stopAt) };
        var paused = new Trainer(recipe, Source(), Options("parts"), parts).Run(pause: pause.Token);
        Assert.Equal((false, (long)stopAt, null), (paused.Completed, paused.Step, paused.EncoderFolder));
        Assert.True(new Trainer(recipe, Source(), Options("parts"), parts).Run().Completed);
        AssertSameCheckpoints("whole", "parts", $"stopped after step {stopAt}");
        Assert.Equal(whole.Series["train/loss"], parts.Series["train/loss"]);
    }

    [Fact]
    public void A_killed_run_resumes_from_its_checkpoint_to_the_same_weights()
    {
        TorchRuntime.Load(threads: 2);
        Assert.True(new Trainer(ChildRecipe(), Source(), Options("whole")).Run().Completed);
        var killAt = new Random().Next(5, Steps);
        var reached = KillChildAfter(_folder.File("killed"), killAt);
        var observer = new StepRecorder();
        Assert.True(new Trainer(ChildRecipe(), Source(), Options("killed"), observer).Run().Completed);
        Assert.Contains(observer.Lines, line => line.StartsWith("Resumed after step", StringComparison.Ordinal));
        AssertSameCheckpoints("whole", "killed", $"killed at step {reached}");
    }

    // Not a test of its own: the process that the test above kills.
    [Fact(Explicit = true)]
    public void Child_that_trains_slowly_until_it_is_killed()
    {
        var folder = Environment.GetEnvironmentVariable(ChildFolder) ?? throw new InvalidOperationException($"{ChildFolder} is not set.");
        TorchRuntime.Load(threads: 2);
        Directory.CreateDirectory(folder);
        var observer = new StepRecorder
        {
            OnStep = step =>
            {
                File.WriteAllText(Path.Combine(folder, "step"), step.ToString(CultureInfo.InvariantCulture));
                Thread.Sleep(30);
            },
        };
        new Trainer(ChildRecipe(), Source(), new TrainerOptions { Folder = folder, CheckpointEvery = 3 }, observer).Run();
    }

    [Fact]
    public void A_cancelled_run_keeps_a_checkpoint_of_its_last_step()
    {
        using var cancellation = new CancellationTokenSource();
        var observer = new StepRecorder { OnStep = step => Cancel(cancellation, step == 3) };
        var trainer = new Trainer(Recipe("stablerep"), Source(), Options("run"), observer);
        Assert.Throws<OperationCanceledException>(() => trainer.Run(cancellation.Token));
        Assert.Equal(3, new CheckpointStore(_folder.File("run/checkpoints")).Latest()!.Step);
    }

    [Fact]
    public void A_long_time_without_a_checkpoint_calls_for_one()
    {
        var checkpoints = new HashSet<string>();
        var observer = new StepRecorder { OnStep = _ => checkpoints.UnionWith(Directory.EnumerateDirectories(_folder.File("run")).SelectMany(Directory.EnumerateDirectories)) };
        var options = Options("run") with { CheckpointInterval = TimeSpan.Zero, KeepCheckpoints = 3 };
        Directory.CreateDirectory(options.Folder);
        new Trainer(Recipe("stablerep") with { Epochs = 1 }, Source(), options, observer).Run();
        Assert.Equal(["step-000000001", "step-000000002", "step-000000003"], checkpoints.Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Chunks_train_the_same_weights_as_whole_batches()
    {
        var recipe = Recipe("stablerep+") with { Epochs = 1, DropPathRate = 0.2 };
        new Trainer(recipe, Source(), Options("whole")).Run();
        new Trainer(recipe, Source(), Options("chunks") with { ChunkSize = 7 }).Run();
        using var whole = SafetensorsFile.Open(_folder.File("whole/encoder/model.safetensors"));
        using var chunks = SafetensorsFile.Open(_folder.File("chunks/encoder/model.safetensors"));
        using var scope = NewDisposeScope();
        // All at once: a bias without influence on attention has a gradient of mere rounding, which AdamW makes as large as any other.
        var (a, b) = (Flat(whole), Flat(chunks));
        Assert.InRange(((a - b).norm() / a.norm()).item<float>(), 0, 1e-4);

        static Tensor Flat(SafetensorsFile file) => cat([.. file.Entries.Keys.Order(StringComparer.Ordinal).Select(name => file.Read(name).flatten())], 0);
    }

    [Fact]
    public void A_loss_that_is_not_finite_stops_the_run_with_its_step_captions_and_checkpoint()
    {
        var recipe = Recipe("stablerep");
        using var pause = new CancellationTokenSource();
        new Trainer(recipe, Source(), Options("run"), new StepRecorder { OnStep = step => Cancel(pause, step == 2) }).Run(pause: pause.Token);
        var checkpoint = Path.Combine(_folder.File("run/checkpoints"), "step-000000002");
        Poison(Path.Combine(checkpoint, "model.safetensors"));
        var error = Assert.Throws<NonFiniteLossException>(() => new Trainer(recipe, Source(), Options("run")).Run());
        Assert.Equal((3, checkpoint), (error.Step, error.Checkpoint));
        Assert.Equal(recipe.SetsPerBatch, error.Batch.Count);
        Assert.Contains("Step 3: the loss is NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{error.Batch[0].CaptionIndex} '{error.Batch[0].Caption}'", error.Message, StringComparison.Ordinal);
        Assert.Equal(["step-000000002"], Directory.EnumerateDirectories(_folder.File("run/checkpoints")).Select(Path.GetFileName));
    }

    [Fact]
    public void Fp16_leaves_out_the_steps_that_overflow_and_learns_by_the_others()
    {
        var recipe = Recipe("stablerep") with { Epochs = 8 };
        var observer = new StepRecorder();
        Assert.True(new Trainer(recipe, Source(), Options("run") with { Device = ComputeDevice.Cpu.In(Precision.Fp16) }, observer).Run().Completed);
        var skipped = observer.Lines.Count(line => line.Contains("left out: a gradient overflowed", StringComparison.Ordinal));
        var losses = observer.Series["train/loss"];
        TestContext.Current.TestOutputHelper?.WriteLine($"{skipped} of 32 steps left out, loss {losses[0]:F3} -> {losses.TakeLast(8).Average():F3}");
        Assert.Equal(32, skipped + losses.Count);
        Assert.InRange(skipped, 1, 16);
        Assert.True(losses.TakeLast(8).Average() < losses[0]);
    }

    [Theory]
    [InlineData("stablerep", 5)]
    [InlineData("stablerep+", 0)]
    [InlineData("stablerep+", 5)]
    [InlineData("simclr", 0)]
    [InlineData("clip", 0)]
    [InlineData("supervised", 0)]
    public void Half_precision_trains_fp32_weights_to_nearly_the_same_loss(string method, int chunk)
    {
        var recipe = Recipe("stablerep") with { Epochs = 3, Augmentation = AugmentationSettings.Strong(16) };
        recipe = TrainingRecipes.ForMethod(recipe, method);
        var (exact, half) = (new StepRecorder(), new StepRecorder());
        new Trainer(recipe, Source(), Options("fp32"), exact).Run();
        var outcome = new Trainer(recipe, Source(), Options("half") with { Device = ComputeDevice.Cpu.In(Precision.Bf16), ChunkSize = chunk }, half).Run();
        var errors = exact.Series["train/loss"].Zip(half.Series["train/loss"], (a, b) => Math.Abs(a - b) / a).ToList();
        Assert.InRange(errors[0], 1e-7, 0.01);
        Assert.InRange(errors.Max(), 1e-7, 0.1);
        using var weights = SafetensorsFile.Open(_folder.File($"half/checkpoints/step-{outcome.Step:D9}/model.safetensors"));
        Assert.All(weights.Entries.Values, entry => Assert.NotEqual(ScalarType.BFloat16, entry.Type));
        Assert.Equal(ScalarType.Float32, weights.Entries["backbone.blocks.0.attn.qkv.weight"].Type);
    }

    [Fact]
    public void A_method_with_text_leaves_images_and_texts_in_one_space()
    {
        using var scope = NewDisposeScope();
        var recipe = Recipe("stablerep+") with { Epochs = 4, AverageDecay = 0.5, BaseLearningRate = 2e-2 };
        var outcome = new Trainer(recipe, Source(), Options("run")).Run();
        using var encoder = ImageTextEncoder.Load(outcome.EncoderFolder!, outcome.ImageTextFolder!, ComputeDevice.Cpu);
        var texts = encoder.EmbedTexts(["a pattern of kind 1 number 5", "a pattern of kind 2 number 2 with much more to say", ""]);
        Assert.Equal([3, 16], texts.shape);
        Assert.True(texts[0..1].allclose(encoder.EmbedTexts(["a pattern of kind 1 number 5"]), atol: 1e-5));
        Assert.Equal([2, 16], encoder.forward(zeros(2, 3, 16, 16)).shape);
        Assert.Null(new Trainer(Recipe("simclr") with { Epochs = 0.6, WarmupEpochs = 0 }, Source(), Options("other")).Run().ImageTextFolder);
    }

    [Fact]
    public void A_folder_of_another_run_is_refused_by_what_differs()
    {
        var recipe = Recipe("stablerep") with { Epochs = 0.4, WarmupEpochs = 0 };
        new Trainer(recipe, Source(), Options("run")).Run();
        var other = new Trainer(recipe with { Temperature = 0.2 }, Source(), Options("run"));
        var error = Assert.Throws<CheckpointException>(() => other.Run());
        Assert.Contains("temperature was 0.1 and is 0.2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_whose_recipe_is_in_the_earlier_spelling_is_of_the_same_run()
    {
        var recipe = Recipe("stablerep") with { Epochs = 0.4, WarmupEpochs = 0, WeightScheme = WeightScheme.MoCoV3 };
        new Trainer(recipe, Source(), Options("run")).Run();
        foreach (var state in Directory.EnumerateFiles(_folder.File("run/checkpoints"), "state.json", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(state);
            Assert.Contains("\"mo_co_v3\"", text, StringComparison.Ordinal);
            File.WriteAllText(state, text.Replace("\"mo_co_v3\"", "\"moCoV3\"", StringComparison.Ordinal));
        }

        Assert.True(new Trainer(recipe, Source(), Options("run")).Run().Completed);
    }

    [Fact]
    public void An_observer_hears_of_every_step()
    {
        var observer = new StepRecorder();
        var recipe = Recipe("stablerep+") with { Epochs = 1 };
        new Trainer(recipe, Source(), Options("run") with { MeasureEvery = 2 }, observer).Run();
        string[] each = ["train/loss", "train/loss/image", "train/loss/image-text", "train/accuracy", "train/learning-rate", "train/gradient-norm", "train/images-per-second", "train/loader-wait"];
        foreach (var series in each)
        {
            Assert.Equal(4, observer.Series[series].Count);
        }

        string[] measured = ["train/alignment", "train/uniformity", "train/effective-rank"];
        foreach (var series in measured)
        {
            Assert.Equal(2, observer.Series[series].Count);
        }

        Assert.All(observer.Series.Values.SelectMany(values => values), value => Assert.True(double.IsFinite(value)));
        Assert.Equal(LearningRateSchedule.ScaleToBatch(recipe.BaseLearningRate, 4 * 3) * 0.5, observer.Series["train/learning-rate"][1], 1e-9);
        Assert.Equal(4, observer.LastProgress!.Done);
        Assert.Equal(TimeSpan.Zero, observer.LastProgress.Remaining);
        Assert.Equal(Enumerable.Range(100, 16), observer.Captions.Select(caption => caption.CaptionIndex).Order());
        Assert.All(observer.Captions, caption => Assert.True(caption.Loss > 0));
    }

    [Fact]
    public void Memory_stays_flat_over_steps()
    {
        using var pause = new CancellationTokenSource();
        var live = new List<long>();
        var observer = new StepRecorder { OnStep = _ => live.Add(TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount) };
        new Trainer(Recipe("stablerep+") with { AverageDecay = 0.9, DropPathRate = 0.1 }, Source(), Options("run") with { ChunkSize = 5, CheckpointEvery = 4 }, observer).Run();
        Assert.True(live[^1] <= live[4], string.Join(" ", live));
    }

    [Theory]
    [InlineData("clip", "TokenizerFolder")]
    [InlineData("supervised", "label")]
    public void What_a_method_lacks_is_named(string method, string named)
    {
        var trainer = new Trainer(Recipe(method), new TestSource([.. Enumerable.Repeat(3, 16)]), Options("run") with { TokenizerFolder = null });
        Assert.Contains(named, Assert.Throws<ArgumentException>(() => trainer.Run()).Message, StringComparison.Ordinal);
    }

    private static void Cancel(CancellationTokenSource source, bool now)
    {
        if (now)
        {
            source.Cancel();
        }
    }

    private static PatternSource Source() => new([3, 3, 2, 3, 3, 1, 3, 3, 3, 5, 3, 3, 3, 2, 3, 3]);

    private static TrainingRecipe ChildRecipe() => Recipe("stablerep") with { AverageDecay = 0.9, DropPathRate = 0.1 };

    private static TrainingRecipe Recipe(string method) => new()
    {
        Method = method,
        BackboneShape = new VisionTransformerConfig { ImageSize = 16, PatchSize = 4, Width = 32, Depth = 2, Heads = 2, Pooling = TokenPooling.Average },
        Seed = 3,
        SetsPerBatch = 4,
        ImagesPerSet = 3,
        Epochs = Steps / 4.0,
        WarmupEpochs = 0.5,
        BaseLearningRate = 5e-3,
        ProjectorHidden = 32,
        ProjectorOutput = 16,
        TextTower = new TextTowerRecipe { Width = 32, Depth = 1, Heads = 2, EmbeddingWidth = 16 },
        Resolution = 16,
        Augmentation = AugmentationSettings.Weak(16),
    };

    private static int KillChildAfter(string folder, int step)
    {
        var assembly = typeof(TrainerTests).Assembly.Location;
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments = ["-method", $"*.{nameof(Child_that_trains_slowly_until_it_is_killed)}", "-explicit", "only"];
        foreach (var argument in Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet" ? [assembly, .. arguments] : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ChildFolder] = folder;
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync();
        try
        {
            var deadline = Stopwatch.StartNew();
            while (Reached(folder) < step && !child.HasExited)
            {
                Assert.True(deadline.Elapsed < TimeSpan.FromMinutes(2), "The child did not come to the step.");
                Thread.Sleep(5);
            }
        }
        finally
        {
            child.Kill();
            child.WaitForExit();
        }

        Assert.True(Reached(folder) >= step, output.IsCompletedSuccessfully ? output.GetAwaiter().GetResult() : "The child ended early.");
        return Reached(folder);
    }

    private static int Reached(string folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(folder, "step")), CultureInfo.InvariantCulture, out var step) ? step : 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static void Poison(string file)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        using (var source = SafetensorsFile.Open(file))
        {
            tensors = source.Entries.Keys.ToDictionary(name => name, source.Read);
        }

        tensors["backbone.blocks.0.mlp.fc1.weight"][0, 0] = double.NaN;
        SafetensorsWriter.Write(file, tensors);
    }

    private TrainerOptions Options(string folder) =>
        new() { Folder = _folder.File(folder), LoaderThreads = 2, TokenizerFolder = ParityCases.Path("models/tiny-sd/tokenizer") };

    private void AssertSameCheckpoints(string first, string second, string message)
    {
        foreach (var part in CheckpointParts)
        {
            var name = Path.Combine("checkpoints", $"step-{Steps:D9}", part);
            var same = File.ReadAllBytes(Path.Combine(_folder.File(first), name)).AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(_folder.File(second), name)));
            Assert.True(same, $"{part} differs, {message}");
        }
    }

    private sealed class StepRecorder : IRunObserver
    {
        public Dictionary<string, List<double>> Series { get; } = [];

        public List<CaptionLoss> Captions { get; } = [];

        public List<string> Lines { get; } = [];

        public RunProgress? LastProgress { get; private set; }

        public Action<long> OnStep { get; init; } = _ => { };

        public void Metric(string series, long step, double value)
        {
            if (!Series.TryGetValue(series, out var values))
            {
                Series.Add(series, values = []);
            }

            values.Add(value);
        }

        public void CaptionLosses(long step, IReadOnlyList<CaptionLoss> losses) => Captions.AddRange(losses);

        public void Log(RunLogLevel level, string message) => Lines.Add(message);

        public void Progress(RunProgress progress)
        {
            LastProgress = progress;
            OnStep(progress.Done);
        }
    }
}
