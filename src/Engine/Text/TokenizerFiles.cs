using System.Text.Json;
using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Text;

/// <summary>The files of a tokenizer folder, read and checked.</summary>
internal sealed record TokenizerFiles
{
    /// <summary>The path of <c>merges.txt</c>, for errors.</summary>
    public required string MergesPath { get; init; }

    /// <summary>The path of <c>tokenizer_config.json</c>, for errors.</summary>
    public required string ConfigPath { get; init; }

    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    public required IReadOnlyList<(string Left, string Right)> Merges { get; init; }

    public required int MaxLength { get; init; }

    /// <summary>The special tokens by their role, such as <c>pad_token</c>.</summary>
    public required IReadOnlyDictionary<string, SpecialToken> Roles { get; init; }

    public static TokenizerFiles Read(string folder)
    {
        var configPath = Path.Combine(folder, "tokenizer_config.json");
        var mergesPath = Path.Combine(folder, "merges.txt");
        using var config = Json(configPath);
        var roles = new Dictionary<string, SpecialToken>();
        AddRoles(roles, config.RootElement, configPath);

        // A config that lists its added tokens is complete; in older folders the map has the last word (SD 2's pad token).
        var mapPath = Path.Combine(folder, "special_tokens_map.json");
        if (File.Exists(mapPath) && !config.RootElement.TryGetProperty("added_tokens_decoder", out _))
        {
            using var map = Json(mapPath);
            AddRoles(roles, map.RootElement, mapPath);
        }

        return new()
        {
            MergesPath = mergesPath,
            ConfigPath = configPath,
            Vocabulary = ReadVocabulary(Path.Combine(folder, "vocab.json")),
            Merges = ReadMerges(mergesPath),
            MaxLength = ReadMaxLength(config.RootElement, configPath),
            Roles = roles,
        };
    }

    private static int ReadMaxLength(JsonElement config, string path)
    {
        const int fallback = 77;
        if (!config.TryGetProperty("model_max_length", out var element) || element.ValueKind == JsonValueKind.Null)
        {
            return fallback;
        }

        return element.TryGetInt32(out var length) && length is >= 2 and <= 65536
            ? length
            : throw new CheckpointException($"{path}: model_max_length is {element}; it must be a number of tokens from 2 to 65536.");
    }

    private static Dictionary<string, int> ReadVocabulary(string path)
    {
        using var json = Json(path);
        var vocabulary = new Dictionary<string, int>();
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out var id) || id < 0)
            {
                throw new CheckpointException($"{path}: the token '{property.Name}' has the id {property.Value}; ids are whole numbers from 0.");
            }

            vocabulary[property.Name] = id;
        }

        return vocabulary.Count > 0 ? vocabulary : throw new CheckpointException($"{path} holds no tokens.");
    }

    private static List<(string Left, string Right)> ReadMerges(string path)
    {
        var merges = new List<(string, string)>();
        foreach (var line in ReadText(path).Split('\n'))
        {
            var text = line.TrimEnd('\r');
            if (text.Length == 0 || text.StartsWith("#version", StringComparison.Ordinal))
            {
                continue;
            }

            var parts = text.Split(' ');
            merges.Add(parts is [{ Length: > 0 } left, { Length: > 0 } right]
                ? (left, right)
                : throw new CheckpointException($"{path}: '{text}' is not a merge; a line holds two tokens and a space between them."));
        }

        return merges;
    }

    private static void AddRoles(Dictionary<string, SpecialToken> roles, JsonElement source, string path)
    {
        foreach (var role in SpecialTokens.RoleNames)
        {
            if (source.TryGetProperty(role, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                roles[role] = SpecialToken.Parse(value, role, path);
            }
        }
    }

    private static JsonDocument Json(string path)
    {
        try
        {
            var document = JsonDocument.Parse(ReadText(path));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new CheckpointException($"{path} must hold a JSON object.");
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"{path} is not valid JSON: {exception.Message}", exception);
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(
                $"{path} is missing: a CLIP tokenizer folder holds vocab.json, merges.txt and tokenizer_config.json.", exception);
        }
    }
}
