namespace StableRep.Engine.Checkpoints.Hub;

/// <summary>Which of a repository's files a generator needs.</summary>
internal static class GeneratorFiles
{
    // Weights by component; the others hold settings and vocabularies only.
    private static readonly Dictionary<string, bool> Components = new()
    {
        ["unet"] = true,
        ["vae"] = true,
        ["text_encoder"] = true,
        ["tokenizer"] = false,
        ["scheduler"] = false,
    };

    private static readonly string[] Required =
        ["unet/config.json", "vae/config.json", "text_encoder/config.json", "tokenizer/vocab.json", "tokenizer/merges.txt", "scheduler/scheduler_config.json"];

    /// <summary>Settings, vocabularies, and for each component with weights the file or index to read; the shards of an index are not known yet.</summary>
    /// <exception cref="HubException">The repository is not a generator, or lacks a file.</exception>
    /// <exception cref="CheckpointException">A component has no weights that can be read, or not of the variant.</exception>
    public static IReadOnlyList<HubFile> Select(HubRepository repository, HubListing listing, string? variant)
    {
        var files = listing.Files.ToDictionary(file => file.Path);
        if (!files.TryGetValue(ModelIndex.FileName, out var index))
        {
            throw new HubException(
                $"{repository.Id} has no {ModelIndex.FileName}, so it is not a generator in the diffusers layout. Look for a repository of the same model that has one.");
        }

        var missing = Required.Where(path => !files.ContainsKey(path)).ToList();
        if (missing.Count > 0)
        {
            throw new HubException($"{repository.Id} is not a whole Stable Diffusion 1.x or 2.x generator: it has no {string.Join(", ", missing)}.");
        }

        return [index, .. Components.SelectMany(component => OfComponent(repository, files, component.Key, component.Value, variant))];
    }

    /// <summary>The files that an index lists.</summary>
    /// <exception cref="HubException">The repository lacks one of them.</exception>
    /// <exception cref="CheckpointException">The index is damaged.</exception>
    public static IReadOnlyList<HubFile> Shards(HubRepository repository, HubListing listing, HubFile index, string indexPath)
    {
        var files = listing.Files.ToDictionary(file => file.Path);
        var folder = index.Path[..(index.Path.LastIndexOf('/') + 1)];
        return
        [
            .. ShardedTensors.FilesOf(indexPath).Select(shard => files.TryGetValue(folder + shard, out var file)
                ? file
                : throw new HubException($"{repository.Id}: {index.Path} names {shard}, which the repository does not have.")),
        ];
    }

    /// <summary>Whether a file is an index of weights in several files.</summary>
    public static bool IsIndex(HubFile file) => file.Path.Contains(".safetensors.index.", StringComparison.Ordinal);

    private static IEnumerable<HubFile> OfComponent(
        HubRepository repository, Dictionary<string, HubFile> files, string component, bool hasWeights, string? variant)
    {
        var prefix = component + "/";
        var names = files.Keys
            .Where(path => path.StartsWith(prefix, StringComparison.Ordinal) && path.IndexOf('/', prefix.Length) < 0)
            .Select(path => path[prefix.Length..])
            .ToList();
        var chosen = names.Where(name => Path.GetExtension(name) is ".json" or ".txt" && !name.Contains(".index.", StringComparison.Ordinal));
        if (hasWeights)
        {
            chosen = chosen.Append(WeightFiles.Choose($"{repository.Id}/{component}", names, variant, orPlain: true));
        }

        return chosen.Select(name => files[prefix + name]);
    }
}
