using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// Everything that decides what <see cref="GeneratorTrainer"/> makes, besides the images and the seed. It is a JSON file; the component
/// sections are the configuration files that the diffusers layout has, as they are written beside the weights.
/// </summary>
public sealed record GeneratorRecipe
{
    /// <summary>Side of the square training images in pixels: a multiple of the VAE's factor times the UNet's. Null for the initial generator's own.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The vocabulary to learn. Not used when an existing generator is fine-tuned.</summary>
    public VocabularyRecipe Vocabulary { get; init; } = new();

    /// <summary><c>text_encoder/config.json</c>. The vocabulary's size, the token ids and the length are filled in.</summary>
    public JsonObject? TextEncoder { get; init; }

    /// <summary><c>vae/config.json</c>. The scaling factor is measured and filled in.</summary>
    public JsonObject? Vae { get; init; }

    /// <summary><c>unet/config.json</c>. The sample size is filled in.</summary>
    public JsonObject? Unet { get; init; }

    /// <summary><c>scheduler/scheduler_config.json</c>: the noise schedule and what the UNet predicts, in training and in sampling.</summary>
    public JsonObject? Scheduler { get; init; }

    /// <summary>How the VAE is trained.</summary>
    public required VaeTrainingRecipe VaeTraining { get; init; }

    /// <summary>How the UNet and the text encoder are trained.</summary>
    public required DenoiserTrainingRecipe DenoiserTraining { get; init; }

    /// <summary>The pictures that show the run's state.</summary>
    public SampleGridRecipe Samples { get; init; } = new();

    private static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        WriteIndented = true,
    };

    /// <summary>The names that <see cref="Preset"/> knows.</summary>
    public static IReadOnlyList<string> Presets { get; } = ["pocket", "pocket-continue", "fine-tune"];

    /// <summary>A recipe that ships with the project: <c>pocket</c> makes assets/pocket,
    /// <c>pocket-continue</c> trains its UNet and text encoder on, <c>fine-tune</c> teaches any generator a user's images.</summary>
    /// <exception cref="ArgumentException">There is no preset of this name.</exception>
    public static GeneratorRecipe Preset(string name)
    {
        if (!Presets.Contains(name, StringComparer.Ordinal))
        {
            throw new ArgumentException($"There is no recipe '{name}': write one of {string.Join(", ", Presets)}, or the path of a JSON file.", nameof(name));
        }

        using var stream = typeof(GeneratorRecipe).Assembly.GetManifestResourceStream($"StableRep.Engine.Diffusion.Training.Presets.{name}.json")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd(), $"preset {name}");
    }

    /// <summary>Reads a recipe from a JSON file.</summary>
    /// <exception cref="CheckpointException">The file is not a recipe; the message names the file and the key.</exception>
    public static GeneratorRecipe Load(string path) => Parse(File.ReadAllText(path), path);

    /// <summary>The recipe as JSON, as <see cref="Load"/> reads it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    internal static GeneratorRecipe Parse(string json, string name)
    {
        try
        {
            var recipe = JsonSerializer.Deserialize<GeneratorRecipe>(json, Json) ?? throw new JsonException("The recipe is null.");
            recipe.Validate(name);
            return recipe;
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"{name} is not a generator recipe: {exception.Message}", exception);
        }
    }

    private void Validate(string name)
    {
        List<string> problems = [];
        Check(ImageSize is null or (>= 8 and <= 4096), "image_size must be in [8, 4096].");
        Check(Vocabulary.Size >= BpeTrainer.SmallestVocabulary, $"vocabulary.size must be at least {BpeTrainer.SmallestVocabulary}.");
        Check(Vocabulary.MaximumLength is >= 3 and <= 4096, "vocabulary.maximum_length must be in [3, 4096].");
        CheckPhase("vae_training", VaeTraining);
        CheckPhase("denoiser_training", DenoiserTraining);
        Check(VaeTraining.Images >= 1, "vae_training.images must be at least 1.");
        Check(VaeTraining.KlWeight >= 0, "vae_training.kl_weight must not be negative.");
        Check(VaeTraining.ColourWeight >= 0, "vae_training.colour_weight must not be negative.");
        Check(VaeTraining.EdgeWeight >= 0, "vae_training.edge_weight must not be negative.");
        Check(DenoiserTraining.EmptyCaptions is >= 0 and < 1, "denoiser_training.empty_captions must be in [0, 1).");
        Check(DenoiserTraining.MinSnrGamma is null or > 0, "denoiser_training.min_snr_gamma must be positive, or null for equal weights.");
        Check(DenoiserTraining.EmaDecay is >= 0 and < 1, "denoiser_training.ema_decay must be in [0, 1).");
        Check(Samples.Prompts.Count > 0 && Samples.ImagesPerPrompt > 0 && Samples.Steps > 0, "samples needs prompts, images_per_prompt and steps.");
        if (problems.Count > 0)
        {
            throw new CheckpointException($"{name}: {string.Join(' ', problems)}");
        }

        void CheckPhase(string key, TrainingPhaseRecipe phase)
        {
            Check(phase.Steps >= 0, $"{key}.steps must not be negative.");
            Check(phase.BatchSize >= 1, $"{key}.batch_size must be at least 1.");
            Check(phase.LearningRate > 0, $"{key}.learning_rate must be positive.");
            Check(phase.WarmupSteps >= 0, $"{key}.warmup_steps must not be negative.");
            Check(phase.DecayFraction is >= 0 and <= 1, $"{key}.decay_fraction must be in [0, 1].");
            Check(phase.GradientNorm > 0, $"{key}.gradient_norm must be positive.");
            Check(phase.CheckpointEvery >= 1, $"{key}.checkpoint_every must be at least 1.");
        }

        void Check(bool holds, string problem)
        {
            if (!holds)
            {
                problems.Add(problem);
            }
        }
    }
}

/// <summary>A BPE vocabulary to learn from the captions.</summary>
public sealed record VocabularyRecipe
{
    /// <summary>The largest number of tokens, at least 514 (every byte twice and two special tokens).</summary>
    public int Size { get; init; } = 2048;

    /// <summary>The tokens of a prompt, with the two special ones; longer prompts are cut.</summary>
    public int MaximumLength { get; init; } = 77;
}

/// <summary>What the two phases of training have in common.</summary>
public abstract record TrainingPhaseRecipe
{
    /// <summary>Optimizer steps; 0 leaves the component as it is, which only makes sense in fine-tuning.</summary>
    public required int Steps { get; init; }

    /// <summary>Images a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Whether <see cref="StableRep.Engine.Training.Muon"/> moves the matrices and convolutions that it fits, instead of AdamW.</summary>
    public bool Muon { get; init; }

    /// <summary>The optimizer's learning rate after the warm-up.</summary>
    public required double LearningRate { get; init; }

    /// <summary>Steps of linear warm-up.</summary>
    public int WarmupSteps { get; init; } = 100;

    /// <summary>The last part of the steps, in [0, 1], in which the learning rate falls along a cosine to 1% of its value.</summary>
    public double DecayFraction { get; init; } = 0.3;

    /// <summary>Decoupled weight decay, of matrices and convolutions only.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Gradients are scaled down to this norm where theirs is greater.</summary>
    public double GradientNorm { get; init; } = 1;

    /// <summary>Steps from one checkpoint (and picture) to the next.</summary>
    public int CheckpointEvery { get; init; } = 1000;

    /// <summary>The learning rate of a step, counted from 0.</summary>
    internal double RateAt(long step)
    {
        var warmup = Math.Min(1, (step + 1.0) / (WarmupSteps + 1));
        var decaying = DecayFraction * Steps;
        var phase = decaying == 0 ? 0 : Math.Clamp((step - (Steps - decaying)) / decaying, 0, 1);
        return LearningRate * warmup * (0.01 + (0.99 * 0.5 * (1 + Math.Cos(Math.PI * phase))));
    }
}

/// <summary>How the VAE is trained: absolute error of the pixels and of their differences, and a light KL term (Rombach et al. 2022).</summary>
public sealed record VaeTrainingRecipe : TrainingPhaseRecipe
{
    /// <summary>The number of images, from the beginning of the source; all where the source has fewer.</summary>
    public int Images { get; init; } = 20_000;

    /// <summary>Weight of the KL divergence from the standard normal, per latent value.</summary>
    public double KlWeight { get; init; } = 1e-6;

    /// <summary>Weight of the absolute error of colours with the brightness taken out, which is small in numbers and not to the eye.</summary>
    public double ColourWeight { get; init; } = 1;

    /// <summary>Weight of the absolute error of horizontal and vertical differences: it keeps edges sharp without a perceptual network.</summary>
    public double EdgeWeight { get; init; } = 1;
}

/// <summary>How the UNet and the text encoder are trained (Ho et al. 2020; Ho &amp; Salimans 2022).</summary>
public sealed record DenoiserTrainingRecipe : TrainingPhaseRecipe
{
    /// <summary>The number of images, from the beginning of the source; null takes all.</summary>
    public int? Images { get; init; }

    /// <summary>The part of the captions replaced by the empty one, for classifier-free guidance.</summary>
    public double EmptyCaptions { get; init; } = 0.1;

    /// <summary>The bound on the weight of nearly clean images (min-SNR, Hang et al. 2023); null weighs all timesteps alike.</summary>
    public double? MinSnrGamma { get; init; } = 5;

    /// <summary>Decay of the averaged weights; smaller in the first steps, so that the average forgets the random beginning.</summary>
    public double EmaDecay { get; init; } = 0.999;

    /// <summary>Whether the text encoder is trained with the UNet.</summary>
    public bool TrainTextEncoder { get; init; } = true;

    /// <summary>Whether mirrored images are added where the caption speaks of neither left nor right.</summary>
    public bool Mirror { get; init; }
}

/// <summary>The grid of samples made at each checkpoint.</summary>
public sealed record SampleGridRecipe
{
    /// <summary>One row of the grid each.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = ["a photo"];

    /// <summary>Columns of the grid.</summary>
    public int ImagesPerPrompt { get; init; } = 6;

    /// <summary>Sampling steps.</summary>
    public int Steps { get; init; } = 15;

    /// <summary>Guidance scale.</summary>
    public double GuidanceScale { get; init; } = 3;
}
