using System.Text.Json.Nodes;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Models;

/// <summary>Numbers of a model's levels: one for all, or one a level.</summary>
internal static class LevelList
{
    public static int At(this IReadOnlyList<int> list, int level) => list.Count == 1 ? list[0] : list[level];

    /// <summary>A list, or a number for all levels.</summary>
    public static IReadOnlyList<int> Read(ConfigDocument config, string key, IReadOnlyList<int> fallback)
        => !config.Has(key) ? fallback : config.IsList(key) ? config.Int32List(key) : [config.Int32(key)];

    /// <summary>A number where one holds for all, as config files have it.</summary>
    public static JsonNode ToJson(this IReadOnlyList<int> list)
        => list.Count == 1 ? JsonValue.Create(list[0]) : new JsonArray([.. list.Select(value => JsonValue.Create(value))]);

    public static void RequirePositive(string key, IReadOnlyList<int> values)
    {
        if (values.Any(value => value < 1))
        {
            throw new ArgumentException($"{key} is {string.Join(", ", values)}: it must be positive.");
        }
    }

    public static void RequireGroups(IReadOnlyList<int> channels, int groups)
    {
        RequirePositive("norm_num_groups", [groups]);
        if (channels.Any(width => width % groups != 0))
        {
            throw new ArgumentException(
                $"norm_num_groups is {groups}, which does not divide every entry of block_out_channels ({string.Join(", ", channels)}).");
        }
    }
}
