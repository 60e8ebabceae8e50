namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>Opens probe datasets from what users have: folders, zip files, WebDataset shards.</summary>
public static class ProbeDatasets
{
    private static readonly string[] ClassNameFiles = ["classnames.txt", "classes.txt"];

    /// <summary>Opens whatever <paramref name="path"/> is: a zip file, a folder of shards, or a folder of class folders.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="unpackTo">A folder for unpacked zip files.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="InvalidProbeDatasetException">It is none of these, or damaged.</exception>
    public static ProbeDataset Open(string path, string unpackTo, CancellationToken cancellation = default)
    {
        if (File.Exists(path))
        {
            return Path.GetExtension(path).Equals(".zip", StringComparison.OrdinalIgnoreCase)
                ? OpenZip(path, unpackTo, cancellation: cancellation)
                : throw new InvalidProbeDatasetException($"{path} is no probe dataset: a zip file, a folder with a folder per class, or a folder of WebDataset shards is expected.");
        }

        return Directory.Exists(path) && Shards(path).Count > 0 ? OpenShards(path) : OpenFolder(path);
    }

    /// <summary>
    /// Opens WebDataset shards named by split (<c>train-000000.tar</c>, <c>test-000000.tar</c>) or in folders so named. <c>classnames.txt</c> or
    /// <c>classes.txt</c> beside them, one name a line, names the numbers of the samples' <c>cls</c> files.
    /// </summary>
    /// <param name="root">The folder.</param>
    /// <exception cref="InvalidProbeDatasetException">A split is missing or a sample has no class.</exception>
    /// <exception cref="Images.ShardException">A shard is damaged.</exception>
    public static ProbeDataset OpenShards(string root)
    {
        var (train, test, validation) = SplitNames.Assign(Shards(root), shard => Path.GetRelativePath(root, shard), root);
        var names = ClassNameFiles.Select(name => Path.Combine(root, name)).FirstOrDefault(File.Exists) is { } file
            ? File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0).ToArray()
            : null;
        var splits = ShardImages.Open(validation.Length == 0 ? [train, test] : [train, test, validation], names);
        return new ProbeDataset(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))), splits[0], splits[1], splits.ElementAtOrDefault(2));
    }

    /// <summary>Opens a folder with <c>train</c> and <c>test</c> (or <c>val</c>) folders, each with a folder per class.</summary>
    /// <param name="root">The folder; where it holds only one other folder, that one is meant.</param>
    /// <exception cref="InvalidProbeDatasetException">The folder has another layout; the message says what is missing.</exception>
    public static ProbeDataset OpenFolder(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new InvalidProbeDatasetException($"There is no folder {root}.");
        }

        var folders = ImageFolder.Subfolders(root).ToArray();
        if (folders.Length == 1)
        {
            return OpenFolder(folders[0]);
        }

        var (train, test, validation) = SplitNames.Assign(folders, folder => Path.GetFileName(folder), root);
        var trainSplit = ImageFolder.Open(train[0]);
        return new ProbeDataset(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))),
            trainSplit,
            ImageFolder.Open(test[0], trainSplit.ClassNames),
            validation.Length == 0 ? null : ImageFolder.Open(validation[0], trainSplit.ClassNames));
    }

    /// <summary>Unpacks a zip file of such a folder, once, and opens it.</summary>
    /// <param name="archive">The zip file.</param>
    /// <param name="unpackTo">A folder for unpacked datasets; each is kept under the hash of its archive.</param>
    /// <param name="limits">What it may unpack to; null for the defaults.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="InvalidProbeDatasetException">It is no zip file, tries to leave its folder, exceeds the limits, or has another layout.</exception>
    public static ProbeDataset OpenZip(string archive, string unpackTo, ArchiveLimits? limits = null, CancellationToken cancellation = default)
    {
        var folder = ZipUnpacker.Unpack(archive, unpackTo, limits ?? new ArchiveLimits(), cancellation);
        return OpenFolder(folder) with { Name = Path.GetFileNameWithoutExtension(archive) };
    }

    private static List<string> Shards(string root) =>
    [
        .. new[] { root }.Concat(ImageFolder.Subfolders(root))
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.tar"))
            .Where(file => !ImageFolder.IsHidden(Path.GetFileName(file)))
            .Order(StringComparer.Ordinal),
    ];
}
