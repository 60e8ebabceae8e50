using System.Text.Json;

namespace StableRep.Api.Hosting;

/// <summary>The names of the store's enumerations, as tables, events and the API write them.</summary>
internal static class StoreNames
{
    /// <summary>A value's name in snake case.</summary>
    public static string Of<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>The value of a name in snake case.</summary>
    public static TEnum Parse<TEnum>(string name)
        where TEnum : struct, Enum => Enum.Parse<TEnum>(name.Replace("_", "", StringComparison.Ordinal), ignoreCase: true);
}
