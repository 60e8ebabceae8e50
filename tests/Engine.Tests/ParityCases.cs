namespace StableRep.Engine.Tests;

/// <summary>Where the reference cases lie in the source tree.</summary>
internal static class ParityCases
{
    public static string Folder { get; } = Find();

    public static string Path(string relative) => System.IO.Path.Combine(Folder, relative);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var cases = System.IO.Path.Combine(folder.FullName, "tests", "Parity", "cases");
            if (Directory.Exists(cases))
            {
                return cases;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds tests/Parity/cases.");
    }
}
