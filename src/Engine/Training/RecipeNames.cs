using System.Text.Json;
using System.Text.Json.Serialization;

namespace StableRep.Engine.Training;

/// <summary>
/// The spelling of a recipe's enumerations: snake case, as everywhere in the API. Camel case, which recipes were written in before, is read too.
/// </summary>
internal sealed class RecipeNames : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsEnum;

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert))!;

    private sealed class Converter<TEnum> : JsonConverter<TEnum>
        where TEnum : struct, Enum
    {
        private static readonly Dictionary<TEnum, string> Written = Enum.GetValues<TEnum>().ToDictionary(value => value, value => Name(value, JsonNamingPolicy.SnakeCaseLower));

        private static readonly Dictionary<string, TEnum> Readable = new(
            Enum.GetValues<TEnum>().SelectMany(value => new[] { Written[value], Name(value, JsonNamingPolicy.CamelCase) }.Distinct(StringComparer.OrdinalIgnoreCase)
                .Select(name => KeyValuePair.Create(name, value))),
            StringComparer.OrdinalIgnoreCase);

        public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String && Readable.TryGetValue(reader.GetString()!, out var value)
                ? value
                : throw new JsonException($"This must be one of {string.Join(", ", Written.Values)}.");

        public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(Written[value]);

        private static string Name(TEnum value, JsonNamingPolicy policy) => policy.ConvertName(value.ToString());
    }
}
