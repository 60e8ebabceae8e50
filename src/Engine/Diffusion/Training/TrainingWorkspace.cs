using System.Text.Json;
using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using StableRep.Engine.Text;
using StableRep.Engine.Training;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// The files of one run: its recipe, its checkpoints, the encoded images, and the generator as it stands, which can be used at any time.
/// </summary>
internal sealed class TrainingWorkspace(GeneratorTrainingOptions options)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };
    private static readonly string[] Components = ["text_encoder", "unet", "vae"];

    private readonly string _folder = options.WorkFolderPath;

    /// <summary>The generator as it stands, fp32.</summary>
    public string GeneratorFolder => Path.Combine(_folder, "generator");

    public string LatentsFile => Path.Combine(_folder, "latents.safetensors");

    /// <summary>Side of the training images in pixels: the recipe's, or what the initial generator was trained on.</summary>
    public int ImageSize => options.Recipe.ImageSize ?? InitialImageSize();

    private string VaeMark => Path.Combine(_folder, "vae.done");

    private string RunFile => Path.Combine(_folder, "run.json");

    /// <summary>Whether the VAE has its final weights.</summary>
    public bool VaeIsTrained => File.Exists(VaeMark);

    /// <summary>Creates the work folder, or checks that it may be continued.</summary>
    public void Begin(IRunObserver observer)
    {
        var run = new JsonObject
        {
            ["seed"] = options.Seed,
            ["initial_folder"] = options.InitialFolder,
            ["recipe"] = JsonNode.Parse(options.Recipe.ToJson()),
        };
        if (File.Exists(RunFile))
        {
            if (!options.Resume)
            {
                throw new IOException($"{_folder} holds an unfinished run: pass --resume to continue it, or delete the folder.");
            }

            if (!JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(RunFile)), run))
            {
                observer.Log(RunLogLevel.Warning, $"The seed, the initial generator or the recipe is not the one that {RunFile} began with: the run goes on with the new one.");
            }

            return;
        }

        if (options.InitialFolder is null && options.Recipe.ImageSize is null)
        {
            throw new CheckpointException("The recipe has no image_size, which a generator that starts from random weights needs.");
        }

        if (options.InitialFolder is null && (options.Recipe.VaeTraining.Steps == 0 || options.Recipe.DenoiserTraining.Steps == 0))
        {
            throw new CheckpointException("Without an initial generator both vae_training.steps and denoiser_training.steps must be positive.");
        }

        Directory.CreateDirectory(GeneratorFolder);
        if (options.InitialFolder is { } initial)
        {
            TakeOver(initial);
        }
        else
        {
            WriteJson(Require(options.Recipe.Vae, "vae"), "vae", "config.json");
            WriteJson(Require(options.Recipe.Unet, "unet"), "unet", "config.json");
            WriteJson(Require(options.Recipe.TextEncoder, "text_encoder"), "text_encoder", "config.json");
            WriteJson(Require(options.Recipe.Scheduler, "scheduler"), "scheduler", "scheduler_config.json");
            WriteJson(ModelIndex(options.Recipe.Scheduler!), "", "model_index.json");
        }

        File.WriteAllText(RunFile, run.ToJsonString(Json));
    }

    public string Component(string name) => Path.Combine(GeneratorFolder, name);

    public bool HasTokenizer => File.Exists(Path.Combine(Component("tokenizer"), "vocab.json"));

    public CheckpointStore Store(string phase) => new(Path.Combine(_folder, "checkpoints", phase));

    public ConfigDocument VaeConfig() => ConfigDocument.Load(Path.Combine(Component("vae"), "config.json"));

    public ConfigDocument SchedulerConfig() => ConfigDocument.Load(Path.Combine(Component("scheduler"), "scheduler_config.json"));

    /// <summary>The text encoder's config with what only the tokenizer knows filled in.</summary>
    public ConfigDocument TextEncoderConfig(ClipTokenizer tokenizer) => Completed("text_encoder", config =>
    {
        config["vocab_size"] = tokenizer.VocabularySize;
        config["max_position_embeddings"] = tokenizer.MaxLength;
        config["bos_token_id"] = tokenizer.BeginId;
        config["eos_token_id"] = tokenizer.EndId;
        config["pad_token_id"] = tokenizer.PadId;
    });

    /// <summary>The UNet's config with the size of the latents filled in.</summary>
    public ConfigDocument UnetConfig(LatentSet data) => Completed("unet", config => config["sample_size"] = data.Latents.shape[3]);

    /// <summary>Replaces a component's weights, and its config where one is given.</summary>
    public void Write(string component, nn.Module module, JsonObject? config)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(Weights(GeneratorFolder, component), ModuleWeights.Collect(module));
        if (config is not null)
        {
            WriteJson(config, component, "config.json");
        }
    }

    public void Load(string component, nn.Module module)
    {
        using var source = TensorSources.OpenComponent(Component(component));
        ModuleWeights.Load(module, source);
    }

    public void MarkVaeTrained() => File.WriteAllText(VaeMark, "");

    /// <summary>Copies the generator to the output folder with fp16 weights; a generator that was there is replaced by one rename.</summary>
    public void Publish()
    {
        var output = Path.GetFullPath(options.OutputFolder);
        var working = output + ".new";
        if (Directory.Exists(working))
        {
            Directory.Delete(working, recursive: true);
        }

        FolderCopy.Copy(GeneratorFolder, working, file => !file.EndsWith(".safetensors", StringComparison.Ordinal));
        foreach (var component in Components)
        {
            using var scope = NewDisposeScope();
            using var source = TensorSources.OpenComponent(Component(component));
            var halves = source.Entries.Keys.ToDictionary(name => name, name => Half(source.Read(name)));
            SafetensorsWriter.Write(Weights(working, component), halves, new Dictionary<string, string> { ["format"] = "pt" });
        }

        // A model card that was written by hand stays with the generator.
        if (File.Exists(Path.Combine(output, "README.md")))
        {
            File.Copy(Path.Combine(output, "README.md"), Path.Combine(working, "README.md"), overwrite: true);
        }

        if (Directory.Exists(output))
        {
            Directory.Move(output, output + ".old");
        }

        Directory.Move(working, output);
        if (Directory.Exists(output + ".old"))
        {
            Directory.Delete(output + ".old", recursive: true);
        }
    }

    private int InitialImageSize()
    {
        var latents = UNet2DConditionConfig.Read(ConfigDocument.Load(Path.Combine(Component("unet"), "config.json"))).SampleSize
            ?? throw new CheckpointException("The recipe has no image_size, and the initial generator's unet/config.json no sample_size: give one.");
        return latents * AutoencoderKLConfig.Read(VaeConfig()).Downscale;
    }

    private static Tensor Half(Tensor tensor) => tensor.is_floating_point() ? tensor.to(ScalarType.Float16) : tensor;

    private static string Weights(string generator, string component) => Path.Combine(
        generator, component, component == "text_encoder" ? "model.safetensors" : "diffusion_pytorch_model.safetensors");

    private static JsonObject Require(JsonObject? section, string key) => section
        ?? throw new CheckpointException($"The recipe has no '{key}' section, which a generator that starts from random weights needs.");

    private void TakeOver(string initial)
    {
        foreach (var component in new[] { "tokenizer", "scheduler", "vae", "unet", "text_encoder" })
        {
            Directory.CreateDirectory(Component(component));
            foreach (var file in Directory.EnumerateFiles(Path.Combine(initial, component))
                .Where(file => component == "tokenizer" || (file.EndsWith("config.json", StringComparison.Ordinal))))
            {
                File.Copy(file, Path.Combine(Component(component), Path.GetFileName(file)), overwrite: true);
            }
        }

        File.Copy(Path.Combine(initial, "model_index.json"), Path.Combine(GeneratorFolder, "model_index.json"), overwrite: true);
    }

    private ConfigDocument Completed(string component, Action<JsonObject> complete)
    {
        var path = Path.Combine(Component(component), "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        complete(config);
        WriteJson(config, component, "config.json");
        return ConfigDocument.Load(path);
    }

    private void WriteJson(JsonNode json, string component, string file)
    {
        Directory.CreateDirectory(Component(component));
        File.WriteAllText(Path.Combine(Component(component), file), json.ToJsonString(Json) + "\n");
    }

    private static JsonObject ModelIndex(JsonObject scheduler) => new()
    {
        ["_class_name"] = "StableDiffusionPipeline",
        ["feature_extractor"] = new JsonArray(null, null),
        ["requires_safety_checker"] = false,
        ["safety_checker"] = new JsonArray(null, null),
        ["scheduler"] = new JsonArray("diffusers", scheduler["_class_name"]?.GetValue<string>()),
        ["text_encoder"] = new JsonArray("transformers", "CLIPTextModel"),
        ["tokenizer"] = new JsonArray("transformers", "CLIPTokenizer"),
        ["unet"] = new JsonArray("diffusers", "UNet2DConditionModel"),
        ["vae"] = new JsonArray("diffusers", "AutoencoderKL"),
    };
}
