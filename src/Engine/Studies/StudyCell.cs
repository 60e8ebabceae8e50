using System.Globalization;

namespace StableRep.Engine.Studies;

/// <summary>One setting of a study.</summary>
/// <param name="Method">A training method's name, or <c>random</c> for an encoder that is not trained.</param>
/// <param name="Guidance">The guidance scale of its images, or null for real renders.</param>
/// <param name="ImagesPerPrompt">Images of each caption that it sees.</param>
/// <param name="Seed">The seed of its training.</param>
public sealed record StudyCell(string Method, double? Guidance, int ImagesPerPrompt, int Seed)
{
    /// <summary>The method of an encoder that is not trained.</summary>
    public const string Random = "random";

    /// <summary>Its name, such as <c>stablerep-g3-m4-s0</c>.</summary>
    public string Name
    {
        get
        {
            var images = Guidance is { } guidance ? "g" + guidance.ToString("0.##", CultureInfo.InvariantCulture) : "real";
            return string.Create(CultureInfo.InvariantCulture, $"{Method.Replace("+", "-plus", StringComparison.Ordinal)}-{images}-m{ImagesPerPrompt}-s{Seed}");
        }
    }
}
