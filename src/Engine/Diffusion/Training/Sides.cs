using System.Text.RegularExpressions;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>Whether a caption would be false of the mirrored image.</summary>
internal static partial class Sides
{
    public static bool Mentions(string caption) => Words().IsMatch(caption);

    [GeneratedRegex(@"\b(left|right|leftmost|rightmost|east|west|clockwise|counterclockwise)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Words();
}
