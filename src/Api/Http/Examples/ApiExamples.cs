using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using StableRep.Api.Http.Lists;

namespace StableRep.Api.Http.Examples;

/// <summary>
/// What the API's reference shows of requests and answers: objects of the very types that the operations take and give, so that an example
/// changes with its type or does not compile.
/// </summary>
internal static class ApiExamples
{
    private const string NextPage = "eyJhIjoiMDE5YWI0In0";

    private static readonly Dictionary<Type, object> Known = ((IEnumerable<object>)
        [.. AccountExamples.All, .. CaptionExamples.All, .. ExperimentExamples.All, .. ImageExamples.All, .. ReviewExamples.All, .. SweepExamples.All])
        .ToDictionary(example => example.GetType());

    /// <summary>How examples are written: as everything else, with the names of files for their content.</summary>
    public static JsonSerializerOptions Options { get; } = new(StudioJson.Options) { Converters = { new FileNames() } };

    /// <summary>A thing's example, or null when it has none; that of a list is a list of one.</summary>
    public static JsonNode? Of(Type type) => Find(type) is { } example ? JsonSerializer.SerializeToNode(example, type, Options) : null;

    private static object? Find(Type type)
    {
        if (Known.TryGetValue(type, out var known))
        {
            return known;
        }

        if (!type.IsGenericType || type.GetGenericTypeDefinition() is var list && list != typeof(Page<>) && list != typeof(IReadOnlyList<>)
            || Find(type.GetGenericArguments()[0]) is not { } item)
        {
            return null;
        }

        var items = Array.CreateInstance(type.GetGenericArguments()[0], 1);
        items.SetValue(item, 0);
        return list == typeof(Page<>) ? Activator.CreateInstance(type, items, NextPage) : items;
    }

    private sealed class FileNames : JsonConverter<IFormFile>
    {
        public override IFormFile Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ExampleThings.File(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, IFormFile value, JsonSerializerOptions options) => writer.WriteStringValue(value.FileName);
    }
}
