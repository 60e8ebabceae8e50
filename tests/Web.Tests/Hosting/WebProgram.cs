using System.Reflection;

namespace StableRep.Web.Tests.Hosting;

/// <summary>The dashboard's program, as it was built.</summary>
internal static class WebProgram
{
    public static string Path { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(
        typeof(WebProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == "WebFolder").Value!, "StableRep.Web.dll"));
}
