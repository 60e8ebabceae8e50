using System.Reflection;

namespace StableRep.Web.Tests.Hosting;

/// <summary>The dashboard's program, as it was built.</summary>
internal static class WebProgram
{
    private static readonly string Folder = System.IO.Path.GetFullPath(
        typeof(WebProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "WebFolder").Value!);

    public static string Path { get; } = System.IO.Path.Combine(Folder, "StableRep.Web.dll");

    public static string Repository { get; } = Folder[..Folder.IndexOf($"{System.IO.Path.DirectorySeparatorChar}src{System.IO.Path.DirectorySeparatorChar}", StringComparison.Ordinal)];
}
