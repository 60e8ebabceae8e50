using System.Text.Json;
using StableRep.Engine.Checkpoints;
using static TorchSharp.torch;

namespace StableRep.Parity;

/// <summary>
/// One reference case: <c>GROUP/NAME.json</c> and, where it has tensors, <c>GROUP/NAME.safetensors</c> beside it. Tensors named <c>in.X</c> are
/// inputs and <c>out.X</c> what must come out. Kinds without tensors keep what must come out in the JSON: <c>ids</c> (one row a text) and
/// <c>tensors</c> (a shape a name) are given as tensors of integers, so that every kind is compared alike.
/// </summary>
public sealed class ParityCase : IDisposable
{
    private const string InputPrefix = "in.";
    private const string OutputPrefix = "out.";

    private readonly string _root;
    private readonly JsonDocument _document;
    private readonly SafetensorsFile? _tensors;

    private ParityCase(string root, string name, JsonDocument document, SafetensorsFile? tensors)
    {
        Name = name;
        _root = root;
        _document = document;
        _tensors = tensors;
        var tolerance = Json.TryGetProperty("tolerance", out var element) ? element : default;
        RelativeTolerance = Number(tolerance, "rel_l2");
        AbsoluteTolerance = Number(tolerance, "max_abs");
    }

    /// <summary>GROUP/NAME.</summary>
    public string Name { get; }

    public string Kind => Json.GetProperty("kind").GetString()!;

    /// <summary>The whole document, with the parameters of its kind.</summary>
    public JsonElement Json => _document.RootElement;

    /// <summary>The largest allowed ‖ours − reference‖ / ‖reference‖ of an output, or null.</summary>
    public double? RelativeTolerance { get; }

    /// <summary>The largest allowed difference of an element, or null. With neither tolerance, outputs must be equal.</summary>
    public double? AbsoluteTolerance { get; }

    /// <summary>The names of every case under a folder, sorted.</summary>
    public static IReadOnlyList<string> List(string root) =>
    [
        .. Directory.EnumerateDirectories(root)
            .Where(group => Path.GetFileName(group) != "models")
            .SelectMany(group => Directory.EnumerateFiles(group, "*.json"))
            .Select(file => $"{Path.GetFileName(Path.GetDirectoryName(file))}/{Path.GetFileNameWithoutExtension(file)}")
            .Order(StringComparer.Ordinal),
    ];

    public static ParityCase Load(string root, string name)
    {
        var path = Path.Combine(root, name + ".json");
        var tensors = Path.ChangeExtension(path, null) + ".safetensors";
        var document = JsonDocument.Parse(File.ReadAllBytes(path));
        try
        {
            return new ParityCase(root, name, document, File.Exists(tensors) ? SafetensorsFile.Open(tensors) : null);
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    public bool HasInput(string name) => _tensors?.Entries.ContainsKey(InputPrefix + name) ?? false;

    /// <summary>The inputs' names.</summary>
    public IEnumerable<string> Inputs() => Names(InputPrefix);

    /// <summary>Reads one input.</summary>
    public Tensor In(string name) =>
        (_tensors ?? throw new CheckpointException($"{Name} has no tensors, so no input '{name}'.")).Read(InputPrefix + name);

    /// <summary>Every output's name.</summary>
    public IReadOnlyList<string> Outputs() =>
        JsonOutputs() is { } properties ? [.. properties.Select(output => output.Name)] : [.. Names(OutputPrefix)];

    /// <summary>Reads what must come out.</summary>
    public Tensor Out(string name) => JsonOutputs() is { } properties
        ? ToTensor(properties.Single(output => output.Name == name).Value)
        : _tensors!.Read(OutputPrefix + name);

    /// <summary>The full path of a path in the document, which is relative to the cases' root.</summary>
    public string PathOf(string relative) => Path.Combine(_root, relative);

    /// <summary>The full path that a text of the document names, such as <c>model</c>.</summary>
    public string PathIn(string key) => PathOf(Text(key));

    public string Text(string key) => Json.GetProperty(key).GetString()!;

    public double Number(string key) => Json.GetProperty(key).GetDouble();

    public int Integer(string key) => Json.GetProperty(key).GetInt32();

    /// <summary>An object of the document as a component's configuration.</summary>
    public ConfigDocument Config(string key) => ConfigDocument.Parse(Json.GetProperty(key).GetRawText(), $"{Name}: {key}");

    public void Dispose()
    {
        _tensors?.Dispose();
        _document.Dispose();
    }

    private static double? Number(JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var value) ? value.GetDouble() : null;

    private static Tensor ToTensor(JsonElement rows)
    {
        var nested = rows.GetArrayLength() > 0 && rows[0].ValueKind == JsonValueKind.Array;
        if (!nested)
        {
            return tensor(Integers(rows), ScalarType.Int64);
        }

        var width = rows[0].GetArrayLength();
        var values = rows.EnumerateArray().SelectMany(Integers).ToArray();
        return tensor(values, ScalarType.Int64).view(rows.GetArrayLength(), width);
    }

    private static long[] Integers(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt64())];

    private IEnumerable<string> Names(string prefix) =>
        (_tensors?.Entries.Keys ?? []).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]);

    private IReadOnlyList<(string Name, JsonElement Value)>? JsonOutputs()
    {
        if (Json.TryGetProperty("ids", out var ids))
        {
            return [("ids", ids)];
        }

        return Json.TryGetProperty("tensors", out var tensors)
            ? [.. tensors.EnumerateObject().Select(property => (property.Name, property.Value))]
            : null;
    }
}
