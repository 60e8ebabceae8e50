using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Text;

/// <summary>The architecture of a <see cref="ClipTextModel"/>, as <c>text_encoder/config.json</c> says it. The defaults are transformers'.</summary>
public sealed record ClipTextConfig
{
    /// <summary>The end token's id in configs older than the rule that uses it: there the pooled token is the one with the largest id.</summary>
    internal const int LegacyEnd = 2;

    // Of training, of the vocabulary's bookkeeping, or of another model's use of the same file.
    private static readonly string[] Harmless =
    [
        "architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "initializer_factor", "initializer_range",
        "projection_dim", "pad_token_id", "bos_token_id", "return_dict", "use_cache", "gradient_checkpointing",
    ];

    /// <summary>The number of token ids.</summary>
    public int VocabularySize { get; init; } = 49408;

    /// <summary>The width D of a token.</summary>
    public int Width { get; init; } = 512;

    /// <summary>The width between the two layers of a block's perceptron.</summary>
    public int IntermediateWidth { get; init; } = 2048;

    /// <summary>The number of transformer blocks.</summary>
    public int Depth { get; init; } = 12;

    /// <summary>Attention heads of a block; divides <see cref="Width"/>.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>The largest number of tokens of a text.</summary>
    public int MaxLength { get; init; } = 77;

    /// <summary>Whether the perceptron's nonlinearity is <c>x · sigmoid(1.702 x)</c>, as OpenAI's CLIP has it, instead of GELU.</summary>
    public bool QuickGelu { get; init; } = true;

    /// <summary>Epsilon of the normalisations.</summary>
    public double NormEps { get; init; } = 1e-5;

    /// <summary>The id of the token after a text, whose state stands for the text. 2 is an old convention: the largest id of the text.</summary>
    public int EndId { get; init; } = 49407;

    /// <summary>Reads a config file; every key it holds is understood, or harmless, or an error.</summary>
    /// <param name="config">The file.</param>
    /// <exception cref="CheckpointException">A key is unknown or has a value that this model has no code for; the message names file and key.</exception>
    public static ClipTextConfig Read(ConfigDocument config)
    {
        config.Expect("hidden_act", "quick_gelu", "gelu");
        config.Expect("attention_dropout", 0.0);
        config.Expect("dropout", 0.0);
        var defaults = new ClipTextConfig();
        var result = new ClipTextConfig
        {
            VocabularySize = config.Int32("vocab_size", defaults.VocabularySize),
            Width = config.Int32("hidden_size", defaults.Width),
            IntermediateWidth = config.Int32("intermediate_size", defaults.IntermediateWidth),
            Depth = config.Int32("num_hidden_layers", defaults.Depth),
            Heads = config.Int32("num_attention_heads", defaults.Heads),
            MaxLength = config.Int32("max_position_embeddings", defaults.MaxLength),
            QuickGelu = config.String("hidden_act", "quick_gelu") == "quick_gelu",
            NormEps = config.Double("layer_norm_eps", defaults.NormEps),
            EndId = config.Int32("eos_token_id", defaults.EndId),
        };
        config.RejectUnread(Harmless);
        try
        {
            result.Validate();
        }
        catch (ArgumentException exception)
        {
            throw new CheckpointException($"{config.Name}: {exception.Message}", exception);
        }

        return result;
    }

    /// <summary>The config as <c>text_encoder/config.json</c> of a diffusers folder holds it.</summary>
    public JsonObject ToJson() => new()
    {
        ["architectures"] = new JsonArray("CLIPTextModel"),
        ["attention_dropout"] = 0.0,
        ["eos_token_id"] = EndId,
        ["hidden_act"] = QuickGelu ? "quick_gelu" : "gelu",
        ["hidden_size"] = Width,
        ["intermediate_size"] = IntermediateWidth,
        ["layer_norm_eps"] = NormEps,
        ["max_position_embeddings"] = MaxLength,
        ["model_type"] = "clip_text_model",
        ["num_attention_heads"] = Heads,
        ["num_hidden_layers"] = Depth,
        ["vocab_size"] = VocabularySize,
    };

    /// <summary>Checks that the sizes agree with each other.</summary>
    /// <exception cref="ArgumentException">They do not; the message names the key of the config file.</exception>
    public void Validate()
    {
        foreach (var (key, value) in new[]
        {
            ("vocab_size", VocabularySize), ("hidden_size", Width), ("intermediate_size", IntermediateWidth),
            ("num_hidden_layers", Depth), ("num_attention_heads", Heads), ("max_position_embeddings", MaxLength),
        })
        {
            if (value < 1)
            {
                throw new ArgumentException($"'{key}' is {value}; it must be at least 1.");
            }
        }

        if (Width % Heads != 0)
        {
            throw new ArgumentException($"'hidden_size' is {Width} and 'num_attention_heads' {Heads}: the heads must divide it.");
        }
    }
}
