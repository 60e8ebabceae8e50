namespace StableRep.Engine.Checkpoints;

/// <summary>A generator's <c>model_index.json</c>: which components its folder holds.</summary>
/// <param name="Folder">The generator's folder.</param>
/// <param name="ClassName">The pipeline's class, such as <c>StableDiffusionPipeline</c>.</param>
/// <param name="Components">The class of each component that is there, by its name, which is also its folder's.</param>
public sealed record ModelIndex(string Folder, string ClassName, IReadOnlyDictionary<string, string> Components)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "model_index.json";

    /// <summary>Reads <c>model_index.json</c> of a folder.</summary>
    /// <exception cref="CheckpointException">
    /// The file is missing or damaged, or a component's name is not a folder's name within this one.
    /// </exception>
    public static ModelIndex Load(string folder)
    {
        var document = ConfigDocument.Load(Path.Combine(folder, FileName));
        var components = new Dictionary<string, string>();
        foreach (var name in document.Keys.Where(document.IsList))
        {
            if (name is "." or ".." || name.AsSpan().ContainsAny('/', '\\', '\0'))
            {
                throw new CheckpointException($"{document.Name}: the component '{name}' does not name a folder of this generator.");
            }

            // A component that the pipeline has and this generator does not is written as [null, null].
            if (document.OptionalStringList(name) is [_, { } className])
            {
                components.Add(name, className);
            }
        }

        return new ModelIndex(folder, document.String("_class_name"), components);
    }

    /// <summary>The folder of a component.</summary>
    /// <exception cref="CheckpointException">The generator has no such component, or it is of another class; the message lists what is supported.</exception>
    public string Component(string name, params string[] classes)
    {
        if (!Components.TryGetValue(name, out var className))
        {
            throw new CheckpointException($"{Path.Combine(Folder, FileName)}: there is no component '{name}'; there are: {string.Join(", ", Components.Keys)}.");
        }

        return classes.Length == 0 || classes.Contains(className)
            ? Path.Combine(Folder, name)
            : throw new CheckpointException(
                $"{Path.Combine(Folder, FileName)}: '{name}' is a {className}, which is not supported; supported: {string.Join(", ", classes)}.");
    }
}
