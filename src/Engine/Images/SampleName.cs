namespace StableRep.Engine.Images;

/// <summary>How WebDataset splits a file's name: the sample's key ends at the first dot after the last slash, the rest is the extension.</summary>
internal static class SampleName
{
    /// <summary>Key and extension, or null for files that belong to no sample (no dot, a dot first, or the metadata names <c>__x__</c>).</summary>
    public static (string Key, string Extension)? Split(string name)
    {
        name = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
        var start = name.LastIndexOf('/') + 1;
        var dot = name.IndexOf('.', start);
        return dot <= start || dot == name.Length - 1 || name.Split('/').Any(part => part.Length > 4 && part.StartsWith("__", StringComparison.Ordinal)
                && part.EndsWith("__", StringComparison.Ordinal))
            ? null
            : (name[..dot], name[(dot + 1)..].ToLowerInvariant());
    }

    /// <exception cref="ArgumentException">The key or the extension would not come back from <see cref="Split"/>.</exception>
    public static string Join(string key, string extension)
    {
        var name = $"{key}.{extension}";
        return Split(name) == (key, extension) && !name.Any(char.IsControl) && !name.StartsWith('/') && !name.Split('/').Contains("..")
            ? name
            : throw new ArgumentException(
                $"'{name}' is no name for a shard: the key has no dot after its last slash and no '..', the extension is lower case, " +
                "and neither has control characters.");
    }
}
