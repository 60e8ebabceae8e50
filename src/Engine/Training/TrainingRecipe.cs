using System.Text.Json;
using System.Text.Json.Serialization;
using StableRep.Engine.Augmentation;
using StableRep.Engine.Models;
using StableRep.Engine.Text;

namespace StableRep.Engine.Training;

/// <summary>
/// Everything that changes the result of a training run, on one page. The defaults are those of the reference implementation of StableRep
/// (github.com/google-research/syn-rep-learn) unless another source is named. What changes only speed or memory is in
/// <see cref="TrainerOptions"/>.
/// </summary>
public sealed record TrainingRecipe
{
    /// <summary>How recipes are written: names in camel case, values of enumerations in snake case.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new RecipeNames() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>One of <see cref="TrainingMethods.Names"/>.</summary>
    public required string Method { get; init; }

    /// <summary>The encoder's shape by name (<see cref="VisionTransformerConfig.Named"/>).</summary>
    public string Backbone { get; init; } = "vit_base_patch16_224";

    /// <summary>The encoder's shape where it has no name; null for <see cref="Backbone"/>'s.</summary>
    public VisionTransformerConfig? BackboneShape { get; init; }

    /// <summary>How the encoder's first weights are drawn.</summary>
    public WeightScheme WeightScheme { get; init; } = WeightScheme.Timm;

    /// <summary>The chance that a branch of the last block is left out for an image, in [0, 1); less in earlier blocks.</summary>
    public double DropPathRate { get; init; }

    /// <summary>The seed of the first weights, the order of the images, the augmentation and drop path.</summary>
    public ulong Seed { get; init; }

    /// <summary>Captions in a batch, n.</summary>
    public int SetsPerBatch { get; init; } = 1376;

    /// <summary>
    /// Images of a caption in a batch, m: as many are drawn from those there are. <c>simclr</c> treats each as an image of its own, so that
    /// 1 gives what the method means; <c>clip</c> takes 1.
    /// </summary>
    public int ImagesPerSet { get; init; } = 6;

    /// <summary>Passes over the captions; fractions are fine.</summary>
    public double Epochs { get; init; } = 15;

    /// <summary>Length of the learning rate's linear warm-up, in epochs.</summary>
    public double WarmupEpochs { get; init; } = 0.5;

    /// <summary>The peak learning rate for 256 pairs of views (<see cref="LearningRateSchedule.ScaleToBatch"/>).</summary>
    public double BaseLearningRate { get; init; } = 2e-4;

    /// <summary>The learning rate at the end.</summary>
    public double FinalLearningRate { get; init; }

    /// <summary>How the optimizer moves the parameters.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>The largest L2 norm of all gradients together, or 0 for no limit.</summary>
    public double ClipGradientNorm { get; init; }

    /// <summary>The decay of the weights' moving average, which then is the result, in [0, 1); 0 for none.</summary>
    public double AverageDecay { get; init; }

    /// <summary>What cosines are divided by in the loss of images against images.</summary>
    public double Temperature { get; init; } = 0.1;

    /// <summary>Length between the projector's layers.</summary>
    public int ProjectorHidden { get; init; } = 4096;

    /// <summary>Length of the projector's embeddings.</summary>
    public int ProjectorOutput { get; init; } = 256;

    /// <summary>The weight w1 of the image loss in <c>stablerep+</c>.</summary>
    public double ImageWeight { get; init; } = 1;

    /// <summary>The weight w2 of the image-text loss in <c>stablerep+</c>.</summary>
    public double ImageTextWeight { get; init; } = 1;

    /// <summary>The text tower of <c>clip</c> and <c>stablerep+</c>, trained from random weights.</summary>
    public TextTowerRecipe TextTower { get; init; } = new();

    /// <summary>The side that pictures are decoded at before augmentation, in pixels.</summary>
    public int Resolution { get; init; } = 256;

    /// <summary>What makes views of images; its size is the encoder's image size, and its mean and deviation go into the encoder's config.</summary>
    public AugmentationSettings Augmentation { get; init; } = AugmentationSettings.Strong(224);

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="JsonException">The text is not a recipe; the message names the property.</exception>
    public static TrainingRecipe Parse(string json) =>
        JsonSerializer.Deserialize<TrainingRecipe>(json, Json) ?? throw new JsonException("The recipe is null.");

    /// <summary>The recipe as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The encoder's shape with this recipe's drop path and normalisation.</summary>
    /// <exception cref="NotSupportedException">The backbone's name is unknown.</exception>
    public VisionTransformerConfig BackboneConfig() => (BackboneShape ?? VisionTransformerConfig.Named(Backbone)) with
    {
        DropPathRate = DropPathRate,
        Mean = Augmentation.Mean,
        Std = Augmentation.StandardDeviation,
    };

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it and the range.</exception>
    /// <exception cref="NotSupportedException">The method or the backbone is unknown, or the backbone's parts do not fit.</exception>
    public void Validate()
    {
        TrainingMethods.Check(Method);
        var config = BackboneConfig();
        config.Validate();
        Augmentation.Validate();
        Require(Augmentation.Size == config.ImageSize, nameof(Augmentation) + ".size", Augmentation.Size, $"the encoder's image size, {config.ImageSize}");
        Require(SetsPerBatch >= 1, nameof(SetsPerBatch), SetsPerBatch, "at least 1");
        Require(ImagesPerSet >= 1, nameof(ImagesPerSet), ImagesPerSet, "at least 1");
        Require(Method != TrainingMethods.StableRep || ImagesPerSet >= 2, nameof(ImagesPerSet), ImagesPerSet, "at least 2 for stablerep, which needs positives");
        Require(double.IsFinite(Epochs) && Epochs > 0, nameof(Epochs), Epochs, "positive");
        Require(WarmupEpochs >= 0 && WarmupEpochs < Epochs, nameof(WarmupEpochs), WarmupEpochs, $"at least 0 and less than the {Epochs} epochs");
        Require(double.IsFinite(BaseLearningRate) && BaseLearningRate > 0, nameof(BaseLearningRate), BaseLearningRate, "positive");
        Require(double.IsFinite(FinalLearningRate) && FinalLearningRate >= 0, nameof(FinalLearningRate), FinalLearningRate, "at least 0");
        Require(ClipGradientNorm >= 0, nameof(ClipGradientNorm), ClipGradientNorm, "at least 0");
        Require(AverageDecay is >= 0 and < 1, nameof(AverageDecay), AverageDecay, "in [0, 1)");
        Require(Temperature > 0, nameof(Temperature), Temperature, "positive");
        Require(ProjectorHidden >= 1, nameof(ProjectorHidden), ProjectorHidden, "at least 1");
        Require(ProjectorOutput >= 1, nameof(ProjectorOutput), ProjectorOutput, "at least 1");
        Require(ImageWeight >= 0, nameof(ImageWeight), ImageWeight, "at least 0");
        Require(ImageTextWeight >= 0, nameof(ImageTextWeight), ImageTextWeight, "at least 0");
        Require(Resolution >= 1, nameof(Resolution), Resolution, "at least 1");
        Optimizer.Validate();
    }

    /// <summary>An encoder as this recipe's training begins.</summary>
    /// <param name="shape">Its shape.</param>
    internal VisionTransformer CreateBackbone(VisionTransformerConfig shape) => new(shape, Seed, WeightScheme);

    internal Projector CreateProjector(ulong seed) => new(BackboneConfig().Width, ProjectorHidden, ProjectorOutput, seed);

    private static void Require(bool holds, string name, object value, string range)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"The recipe's {JsonNamingPolicy.CamelCase.ConvertName(name)} is {value} and must be {range}."));
        }
    }
}

/// <summary>A CLIP text tower. The defaults are the reference's; vocabulary and length come from the tokenizer.</summary>
public sealed record TextTowerRecipe
{
    /// <summary>The width of a token, a multiple of <see cref="Heads"/>.</summary>
    public int Width { get; init; } = 512;

    /// <summary>The number of blocks.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads of a block.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Length of the embeddings that images and texts share.</summary>
    public int EmbeddingWidth { get; init; } = 512;

    internal ClipTextConfig Config(ClipTokenizer tokenizer) => new()
    {
        VocabularySize = tokenizer.VocabularySize,
        MaxLength = tokenizer.MaxLength,
        EndId = tokenizer.EndId,
        Width = Width,
        IntermediateWidth = 4 * Width,
        Depth = Depth,
        Heads = Heads,
    };
}
