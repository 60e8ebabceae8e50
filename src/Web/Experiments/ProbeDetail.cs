using System.Text.Json;
using StableRep.Data.Probes;
using StableRep.Engine.Evaluation;

namespace StableRep.Web.Experiments;

/// <summary>What a finished probe found, from its stored result.</summary>
/// <param name="Rule">How the reported classifier was chosen, or null where there was nothing to choose.</param>
/// <param name="Chosen">The reported classifier's name.</param>
/// <param name="Rates">Every classifier of the grid with its held-out accuracy.</param>
/// <param name="Test">The metrics on the test split, or null for episodes.</param>
/// <param name="Episodes">The mean accuracy over episodes, or null for a test split.</param>
public sealed record ProbeDetail(string? Rule, string? Chosen, IReadOnlyList<LinearClassifierScore> Rates, ClassificationMetrics? Test, MeanInterval? Episodes)
{
    /// <summary>Reads a probe's result; null while there is none, or when it is of a form that is not known.</summary>
    public static ProbeDetail? Read(Probe probe)
    {
        if (probe.Result is not { } json)
        {
            return null;
        }

        try
        {
            return probe.Kind switch
            {
                ProbeKind.FewShot => new(null, null, [], null, Parse<FewShotResult>(json).Accuracy),
                ProbeKind.Knn or ProbeKind.ZeroShot => new(null, null, [], Parse<ClassificationMetrics>(json), null),
                _ => Of(Parse<LinearProbeResult>(json)),
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ProbeDetail Of(LinearProbeResult result) => new(result.Rule, result.Chosen.Name, result.Classifiers, result.Test, null);

    private static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, JsonSerializerOptions.Web) ?? throw new JsonException("The result is empty.");
}
