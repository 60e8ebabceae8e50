using System.Text.Json;
using System.Text.Json.Serialization;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Studies;

/// <summary>Results as JSON files that are there whole or not at all.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write<T>(string path, T value) => DurableFile.Write(path, stream => JsonSerializer.Serialize(stream, value, Options));

    /// <summary>Reads a file; null where it is missing or was written by another version.</summary>
    public static T? Read<T>(string path)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
