using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Diffusion;
using StableRep.Engine.Diffusion.Training;
using StableRep.Engine.Models;
using StableRep.Engine.Runtime;
using StableRep.Engine.Scenes;
using StableRep.Engine.Text;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Diffusion.Training;

public sealed class GeneratorTrainerTests : IDisposable
{
    private static readonly GeneratorRecipe Tiny = GeneratorRecipe.Parse(
        """
        {
          "image_size": 16,
          "vocabulary": { "size": 540, "maximum_length": 16 },
          "vae": {
            "_class_name": "AutoencoderKL", "block_out_channels": [4, 8], "layers_per_block": 1, "latent_channels": 3, "norm_num_groups": 2,
            "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D"], "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D"]
          },
          "text_encoder": {
            "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_size": 8, "intermediate_size": 16,
            "num_hidden_layers": 1, "num_attention_heads": 2, "projection_dim": 8
          },
          "unet": {
            "_class_name": "UNet2DConditionModel", "in_channels": 3, "out_channels": 3, "block_out_channels": [8, 8], "layers_per_block": 1,
            "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
            "attention_head_dim": 2, "cross_attention_dim": 8, "norm_num_groups": 4
          },
          "scheduler": { "_class_name": "DDIMScheduler", "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction", "clip_sample": false },
          "vae_training": { "images": 24, "steps": 40, "batch_size": 8, "learning_rate": 5e-3, "warmup_steps": 2, "checkpoint_every": 20 },
          "denoiser_training": { "images": 24, "steps": 40, "batch_size": 8, "muon": true, "learning_rate": 5e-3, "warmup_steps": 2, "mirror": true, "checkpoint_every": 20 },
          "samples": { "prompts": ["a red car"], "images_per_prompt": 2, "steps": 2 }
        }
        """, "tiny");

    private readonly string _folder = Directory.CreateTempSubdirectory("generator").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trained_generator_has_learned_and_is_complete()
    {
        var run = new Recorder();
        var output = Path.Combine(_folder, "whole");
        Assert.Equal(40, Trainer(output, run).Run(Scenes()));

        Assert.True(run.Last("vae/loss") < 0.8 * run.First("vae/loss"), $"VAE's loss went from {run.First("vae/loss")} to {run.Last("vae/loss")}.");
        Assert.True(run.Last("denoiser/loss") < run.First("denoiser/loss"), $"The denoiser's loss went from {run.First("denoiser/loss")} to {run.Last("denoiser/loss")}.");
        Assert.Equal(2, run.Pictures.Count(name => name == "samples"));
        Assert.Equal(2, run.Pictures.Count(name => name == "reconstructions"));

        var vae = AutoencoderKLConfig.Read(ConfigDocument.Load(Path.Combine(output, "vae/config.json")));
        var unet = UNet2DConditionConfig.Read(ConfigDocument.Load(Path.Combine(output, "unet/config.json")));
        var tokenizer = ClipTokenizer.Load(Path.Combine(output, "tokenizer"));
        var text = ClipTextConfig.Read(ConfigDocument.Load(Path.Combine(output, "text_encoder/config.json")));
        Assert.Equal(8, unet.SampleSize);
        Assert.Equal(16, vae.SampleSize);
        Assert.NotEqual(0.18215, vae.ScalingFactor);
        Assert.Equal(tokenizer.VocabularySize, text.VocabularySize);
        SchedulerFactory.Create(ConfigDocument.Load(Path.Combine(output, "scheduler/scheduler_config.json")));
        foreach (var (component, module) in new (string, nn.Module)[] { ("vae", new AutoencoderKL(vae)), ("unet", new UNet2DConditionModel(unet)), ("text_encoder", new ClipTextModel(text)) })
        {
            using var source = TensorSources.OpenComponent(Path.Combine(output, component));
            ModuleWeights.Load(module, source);
            Assert.All(source.Entries.Values, entry => Assert.Equal(ScalarType.Float16, entry.Type));
            module.Dispose();
        }
    }

    [Fact]
    public void A_run_interrupted_in_both_phases_gives_the_same_bits_as_one_that_was_not()
    {
        var whole = Path.Combine(_folder, "whole");
        Trainer(whole, new Recorder()).Run(Scenes());

        var broken = Path.Combine(_folder, "broken");
        foreach (var picture in new[] { "reconstructions", "samples" })
        {
            using var stop = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => Trainer(broken, new Recorder(name => Cancel(stop, name == picture))).Run(Scenes(), stop.Token));
            Assert.False(Directory.Exists(broken));
        }

        Trainer(broken, new Recorder()).Run(Scenes());
        foreach (var file in Directory.EnumerateFiles(whole, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(whole, file)))
        {
            Assert.True(File.ReadAllBytes(Path.Combine(whole, file)).SequenceEqual(File.ReadAllBytes(Path.Combine(broken, file))), $"{file} differs.");
        }

        static void Cancel(CancellationTokenSource source, bool now)
        {
            if (now)
            {
                source.Cancel();
            }
        }
    }

    [Fact]
    public void Fine_tuning_starts_from_the_given_generator_and_leaves_its_vae_and_vocabulary()
    {
        var first = Path.Combine(_folder, "first");
        Trainer(first, new Recorder()).Run(Scenes());
        var recipe = GeneratorRecipe.Preset("fine-tune");
        recipe = recipe with { DenoiserTraining = recipe.DenoiserTraining with { Steps = 1, BatchSize = 4, LearningRate = 1e-6 } };
        var second = Path.Combine(_folder, "second");
        new GeneratorTrainer(new GeneratorTrainingOptions { Recipe = recipe, OutputFolder = second, InitialFolder = first }, new Recorder()).Run(Scenes());

        Assert.Equal(File.ReadAllText(Path.Combine(first, "tokenizer/vocab.json")), File.ReadAllText(Path.Combine(second, "tokenizer/vocab.json")));
        Assert.True(JsonNode.DeepEquals(Json(first, "vae/config.json"), Json(second, "vae/config.json")));
        Assert.Equal(0, Distance(first, second, "vae"));
        Assert.InRange(Distance(first, second, "unet"), 0, 1e-3);
    }

    [Fact]
    public void A_widened_generator_draws_the_same_and_learns_on()
    {
        var (narrow, wide, trained) = (Path.Combine(_folder, "narrow"), Path.Combine(_folder, "wide"), Path.Combine(_folder, "trained"));
        Trainer(narrow, new Recorder()).Run(Scenes());
        UNetWidening.Widen(narrow, wide, seed: 1);
        using (NewDisposeScope())
        {
            using var before = GeneratorFolder.Load(narrow, ComputeDevice.Cpu);
            using var after = GeneratorFolder.Load(wide, ComputeDevice.Cpu);
            Assert.Equal([16, 16], after.UNet.Config.BlockOutChannels);
            var (latents, timesteps, text) = (randn([2, 3, 8, 8]), tensor(new long[] { 900, 200 }), before.TextEncoder.forward(before.Tokenizer.EncodeBatch(["a red car", ""])));
            var (expected, actual) = (before.UNet.forward(latents, timesteps, text), after.UNet.forward(latents, timesteps, text));
            Assert.True(expected.std().item<float>() > 0.01, "The narrow UNet predicts nothing.");
            Assert.True(actual.allclose(expected, rtol: 1e-3, atol: 1e-4), $"Predictions differ by up to {(actual - expected).abs().max().item<float>():E2}.");
        }

        var recipe = Tiny with { DenoiserTraining = Tiny.DenoiserTraining with { Steps = 20 }, VaeTraining = Tiny.VaeTraining with { Steps = 0 } };
        new GeneratorTrainer(new GeneratorTrainingOptions { Recipe = recipe, OutputFolder = trained, InitialFolder = wide }, new Recorder()).Run(Scenes());
        using var source = TensorSources.OpenComponent(Path.Combine(trained, "unet"));
        var copies = source.Read("mid_block.resnets.0.conv1.weight").to(ScalarType.Float32);
        Assert.True((copies[0] - copies[1]).abs().max().item<float>() > 1e-3, "The copies of a channel did not become different ones.");
        Assert.Contains("exists", Assert.Throws<IOException>(() => UNetWidening.Widen(narrow, wide, seed: 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_work_folder_in_use_is_not_overwritten_unasked()
    {
        var output = Path.Combine(_folder, "taken");
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => Trainer(output, new Recorder()).Run(Scenes(), stop.Token));
        var again = new GeneratorTrainer(new GeneratorTrainingOptions { Recipe = Tiny, OutputFolder = output }, new Recorder());
        Assert.Contains("--resume", Assert.Throws<IOException>(() => again.Run(Scenes())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_preset_is_a_valid_recipe() => Assert.All(GeneratorRecipe.Presets, name => Assert.NotNull(GeneratorRecipe.Preset(name)));

    [Theory]
    [InlineData("""{ "image_size": 64 }""", "vae_training")]
    [InlineData("""{ "vae_training": { "steps": 1, "batch_size": 0, "learning_rate": 1 }, "denoiser_training": { "steps": 1, "batch_size": 1, "learning_rate": 1 } }""", "vae_training.batch_size must be at least 1")]
    [InlineData("""{ "vae_training": { "steps": 1, "batch_size": 1, "learning_rate": 1, "rate": 2 }, "denoiser_training": { "steps": 1, "batch_size": 1, "learning_rate": 1 } }""", "rate")]
    public void A_wrong_recipe_names_its_file_and_key(string json, string part)
    {
        var message = Assert.Throws<CheckpointException>(() => GeneratorRecipe.Parse(json, "mine.json")).Message;
        Assert.StartsWith("mine.json", message, StringComparison.Ordinal);
        Assert.Contains(part, message, StringComparison.Ordinal);
    }

    private static SceneImages Scenes() => new(new SceneStream(3, size: 16), 24);

    private static GeneratorTrainer Trainer(string output, Recorder observer) =>
        new(new GeneratorTrainingOptions { Recipe = Tiny, OutputFolder = output, Resume = true, Seed = 5 }, observer);

    private static JsonNode? Json(string folder, string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, file)));

    private static double Distance(string first, string second, string component)
    {
        using var scope = NewDisposeScope();
        using var one = TensorSources.OpenComponent(Path.Combine(first, component));
        using var two = TensorSources.OpenComponent(Path.Combine(second, component));
        return one.Entries.Keys.Max(name => (one.Read(name).to(ScalarType.Float32) - two.Read(name).to(ScalarType.Float32)).abs().max().item<float>());
    }

    private sealed class Recorder(Action<string>? onPicture = null) : IRunObserver
    {
        private readonly List<(string Series, double Value)> _metrics = [];

        public List<string> Pictures { get; } = [];

        public double First(string series) => _metrics.First(metric => metric.Series == series).Value;

        public double Last(string series) => _metrics.Last(metric => metric.Series == series).Value;

        public void Metric(string series, long step, double value) => _metrics.Add((series, value));

        public void Picture(string name, long step, byte[] png)
        {
            Pictures.Add(name);
            onPicture?.Invoke(name);
        }
    }
}
