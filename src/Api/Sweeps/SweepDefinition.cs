using System.Text.Json;
using System.Text.Json.Serialization;

namespace StableRep.Api.Sweeps;

/// <summary>What a sweep's row keeps: what was asked for, and which experiment each cell is.</summary>
/// <param name="Request">What was asked for.</param>
/// <param name="Axes">The axes with their values.</param>
/// <param name="Cells">The cells, the last axis running fastest.</param>
internal sealed record SweepDefinition(NewSweep Request, IReadOnlyList<SweepAxisValues> Axes, IReadOnlyList<SweepDefinition.Cell> Cells)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>One cell.</summary>
    /// <param name="Coordinates">The value of each axis, by its name.</param>
    /// <param name="ExperimentId">Its experiment.</param>
    internal sealed record Cell(IReadOnlyDictionary<string, string> Coordinates, Guid ExperimentId);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static SweepDefinition Parse(string json) => JsonSerializer.Deserialize<SweepDefinition>(json, Json)!;

    /// <summary>The definition as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
