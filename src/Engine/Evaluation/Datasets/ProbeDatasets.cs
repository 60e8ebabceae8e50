namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>Opens probe datasets from what users have: folders, zip files, WebDataset shards.</summary>
public static class ProbeDatasets
{
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
}
