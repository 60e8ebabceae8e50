namespace StableRep.Engine.Diffusion.Training;

/// <summary>Copies folders.</summary>
internal static class FolderCopy
{
    /// <summary>Copies the files of a folder and of those in it, whose names are kept.</summary>
    /// <param name="from">The folder.</param>
    /// <param name="to">Its copy, which has none of the files yet.</param>
    /// <param name="wanted">Whether to copy a file, by its path in the folder.</param>
    public static void Copy(string from, string to, Func<string, bool> wanted)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(from, path)).Where(wanted))
        {
            var copy = Path.Combine(to, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(from, file), copy);
        }
    }
}
