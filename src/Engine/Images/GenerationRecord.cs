using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace StableRep.Engine.Images;

/// <summary>Everything that is needed to make one generated image again; it travels inside the image's file.</summary>
public sealed record GenerationRecord
{
    /// <summary>The caption, as uploaded.</summary>
    public required string Caption { get; init; }

    /// <summary>The caption's index in its caption set.</summary>
    public required int CaptionIndex { get; init; }

    /// <summary>The image's index among the images of its caption.</summary>
    public required int ImageIndex { get; init; }

    /// <summary>The image set's seed; the noise follows from it, the caption's index and the image's index.</summary>
    public required long Seed { get; init; }

    /// <summary>The scale of classifier-free guidance; 1 is none.</summary>
    public required double GuidanceScale { get; init; }

    /// <summary>The number of denoising steps.</summary>
    public required int Steps { get; init; }

    /// <summary>The sampler's name, such as <c>ddim</c>.</summary>
    public required string Sampler { get; init; }

    /// <summary>The SHA-256 of the generator's weights, hexadecimal.</summary>
    public required string CheckpointHash { get; init; }

    /// <summary>The negative prompt; empty where there was none.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>How much of the conditional prediction's deviation guidance gave back, from 0 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double GuidanceRescale { get; init; }

    /// <summary>DDIM's share of fresh noise, from 0 to 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double Eta { get; init; }

    /// <summary>How many of the text encoder's last blocks were left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ClipSkip { get; init; }

    /// <summary>The record as one line of JSON with snake_case names.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, GenerationRecordJson.Relaxed.GenerationRecord);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null where the text is not such a record.</summary>
    public static GenerationRecord? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, GenerationRecordJson.Relaxed.GenerationRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(GenerationRecord))]
internal sealed partial class GenerationRecordJson : JsonSerializerContext
{
    // Relaxed escaping: captions stay readable in any script, and a third of the size.
    internal static GenerationRecordJson Relaxed { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
