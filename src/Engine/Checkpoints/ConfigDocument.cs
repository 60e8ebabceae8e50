using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace StableRep.Engine.Checkpoints;

/// <summary>
/// A component's <c>config.json</c>, read strictly: a key of the wrong kind is an error, and <see cref="RejectUnread"/> refuses a setting that
/// nobody asked for, so that no option of a checkpoint is silently ignored. A key whose value is null counts as absent. Not thread-safe.
/// </summary>
public sealed partial class ConfigDocument
{
    private const long MaxFileBytes = 16 << 20;

    private readonly JsonElement _root;
    private readonly HashSet<string> _read = [];

    private ConfigDocument(JsonElement root, string name)
    {
        Name = name;
        _root = root;
    }

    /// <summary>Where the settings come from, for messages: a file's path.</summary>
    public string Name { get; }

    /// <summary>Every key, in the document's order.</summary>
    public IEnumerable<string> Keys => _root.EnumerateObject().Select(property => property.Name);

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable, over 16 MiB, or not one JSON object.</exception>
    public static ConfigDocument Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > MaxFileBytes)
            {
                throw new CheckpointException($"{path}: the file has {file.Length} bytes; a configuration has at most {MaxFileBytes}.");
            }

            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException($"{path}: there is no such file.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{path}: the file cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Reads text.</summary>
    /// <param name="json">One JSON object, without comments or doubled keys.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="CheckpointException">The text is not one JSON object.</exception>
    public static ConfigDocument Parse(string json, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(UnsetBound().Replace(json, "$1null"), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigDocument(document.RootElement.Clone(), name)
                : throw new CheckpointException($"{name}: the document is {Describe(document.RootElement)}, not an object.");
        }
        catch (JsonException exception)
        {
            throw new CheckpointException($"{name}: not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Whether the key is there with a value other than null. Counts as reading it.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Whether the key's value is a list. Counts as reading it.</summary>
    public bool IsList(string key) => Find(key) is { ValueKind: JsonValueKind.Array };

    /// <summary>An integer.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is not a 32-bit integer.</exception>
    public int Int32(string key, int? fallback = null) => Value(key, fallback, "an integer", AsInt32);

    /// <summary>A number.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is not a finite number.</exception>
    public double Double(string key, double? fallback = null) => Value(key, fallback, "a number", AsDouble);

    /// <summary>True or false.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is neither.</exception>
    public bool Boolean(string key, bool? fallback = null) => Value(key, fallback, "true or false", AsBoolean);

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is not a text.</exception>
    public string String(string key, string? fallback = null) => Find(key) is { } element
        ? element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong(key, element, "a text")
        : fallback ?? throw Absent(key);

    /// <summary>A list of integers.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is not such a list.</exception>
    public IReadOnlyList<int> Int32List(string key, IReadOnlyList<int>? fallback = null) =>
        List(key, fallback, "a list of integers", AsInt32);

    /// <summary>One integer for each of <paramref name="count"/> levels, written as a list of as many or as one number for all.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is neither.</exception>
    public IReadOnlyList<int> Int32PerLevel(string key, int count, int? fallback = null)
    {
        if (!IsList(key))
        {
            return [.. Enumerable.Repeat(Int32(key, fallback), count)];
        }

        var list = Int32List(key);
        return list.Count == count ? list : throw Wrong(key, Find(key)!.Value, $"one integer or a list of {count}");
    }

    /// <summary>A list of numbers.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is not such a list.</exception>
    public IReadOnlyList<double> DoubleList(string key, IReadOnlyList<double>? fallback = null) =>
        List(key, fallback, "a list of numbers", AsDouble);

    /// <summary>A list of texts.</summary>
    /// <exception cref="CheckpointException">The key is absent and there is no fallback, or its value is not such a list.</exception>
    public IReadOnlyList<string> StringList(string key, IReadOnlyList<string>? fallback = null)
    {
        if (Find(key) is not { } element)
        {
            return fallback ?? throw Absent(key);
        }

        return element.ValueKind == JsonValueKind.Array && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. element.EnumerateArray().Select(item => item.GetString()!)]
            : throw Wrong(key, element, "a list of texts");
    }

    /// <summary>The value as it stands.</summary>
    internal JsonElement Element(string key) => _root.GetProperty(key);

    /// <summary>A list of texts and nulls, or null when it is absent or something else.</summary>
    internal IReadOnlyList<string?>? OptionalStringList(string key) =>
        Find(key) is { ValueKind: JsonValueKind.Array } list
            && list.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Null)
            ? [.. list.EnumerateArray().Select(item => item.GetString())]
            : null;

    /// <summary>An object within this one.</summary>
    /// <exception cref="CheckpointException">The key is absent, or its value is not an object.</exception>
    public ConfigDocument Section(string key) => Find(key) is { } element
        ? element.ValueKind == JsonValueKind.Object ? new ConfigDocument(element, $"{Name}: {key}") : throw Wrong(key, element, "an object")
        : throw Absent(key);

    /// <summary>Requires the key to be absent, or to have one of <paramref name="allowed"/>'s values: the ones that the code implements.</summary>
    /// <param name="key">The key.</param>
    /// <param name="allowed">
    /// Texts, numbers, truth values, or null. A null in the document is allowed where null or false is; no values at all allows null alone.
    /// </param>
    /// <exception cref="CheckpointException">The key has another value.</exception>
    public void Expect(string key, params object?[]? allowed)
    {
        _read.Add(key);
        if (!_root.TryGetProperty(key, out var element))
        {
            return;
        }

        object?[] values = allowed is null or [] ? [null] : allowed;
        if (!values.Any(value => Matches(element, value)))
        {
            throw new CheckpointException(
                $"{Name}: '{key}' is {Describe(element)}, which is not supported; supported: {string.Join(", ", values.Select(Describe))}.");
        }
    }

    /// <summary>
    /// Refuses every key that was not read, unless it is named here, begins with '_', or has a value that switches nothing on: null, false, or
    /// an empty list or object. Call it after everything else was read.
    /// </summary>
    /// <exception cref="CheckpointException">There is such a key; the message lists all of them.</exception>
    public void RejectUnread(params string[] harmless)
    {
        var unread = _root.EnumerateObject()
            .Where(property => !_read.Contains(property.Name) && !harmless.Contains(property.Name) && !property.Name.StartsWith('_'))
            .Where(property => !IsNothing(property.Value))
            .Select(property => $"'{property.Name}' ({Describe(property.Value)})")
            .ToList();
        if (unread.Count > 0)
        {
            throw new CheckpointException($"{Name}: not supported: {string.Join(", ", unread)}. The checkpoint would not give its own results without.");
        }
    }

    // Python writes a bound that is not set as a word that JSON does not know (DPM-Solver's lambda_min_clipped).
    [GeneratedRegex("""^(\s*"\w+"\s*:\s*)-Infinity(?=\s*,?\s*$)""", RegexOptions.Multiline)]
    private static partial Regex UnsetBound();

    private static bool IsNothing(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => element.GetArrayLength() == 0,
        JsonValueKind.Object => element.GetPropertyCount() == 0,
        _ => false,
    };

    private static bool Matches(JsonElement element, object? allowed) => (element.ValueKind, allowed) switch
    {
        (JsonValueKind.Null, null or false) => true,
        (JsonValueKind.True, true) or (JsonValueKind.False, false) => true,
        (JsonValueKind.String, string text) => element.GetString() == text,
        (JsonValueKind.Number, int or long or float or double) =>
            element.TryGetDouble(out var number) && number == Convert.ToDouble(allowed, CultureInfo.InvariantCulture),
        _ => false,
    };

    private static int? AsInt32(JsonElement element) =>
        AsDouble(element) is { } number && number == Math.Truncate(number) && number is >= int.MinValue and <= int.MaxValue ? (int)number : null;

    private static double? AsDouble(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private static bool? AsBoolean(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static string Describe(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        string text => $"\"{text}\"",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Describe(JsonElement element)
    {
        var text = element.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= 80 ? text : string.Concat(text.AsSpan(0, 80), "…");
    }

    private JsonElement? Find(string key)
    {
        _read.Add(key);
        return _root.TryGetProperty(key, out var element) && element.ValueKind != JsonValueKind.Null ? element : null;
    }

    private T Value<T>(string key, T? fallback, string kind, Func<JsonElement, T?> convert)
        where T : struct =>
        Find(key) is { } element ? convert(element) ?? throw Wrong(key, element, kind) : fallback ?? throw Absent(key);

    private IReadOnlyList<T> List<T>(string key, IReadOnlyList<T>? fallback, string kind, Func<JsonElement, T?> convert)
        where T : struct
    {
        if (Find(key) is not { } element)
        {
            return fallback ?? throw Absent(key);
        }

        return element.ValueKind == JsonValueKind.Array
            ? [.. element.EnumerateArray().Select(item => convert(item) ?? throw Wrong(key, element, kind))]
            : throw Wrong(key, element, kind);
    }

    private CheckpointException Absent(string key) => new($"{Name}: '{key}' is missing.");

    private CheckpointException Wrong(string key, JsonElement element, string kind) => new($"{Name}: '{key}' is {Describe(element)}, not {kind}.");
}
