using StableRep.Data.Probes;

namespace StableRep.Web.Shared;

/// <summary>What probes are called.</summary>
public static class ProbeNames
{
    /// <summary>A kind's name.</summary>
    public static string Of(ProbeKind kind) => kind switch
    {
        ProbeKind.Linear => "Linear probe",
        ProbeKind.Knn => "k-nearest neighbours",
        ProbeKind.FewShot => "Few-shot",
        ProbeKind.ZeroShot => "Zero-shot",
        ProbeKind.RandomInit => "Untrained encoder",
        ProbeKind.RawPixels => "Raw pixels",
        _ => kind.ToString(),
    };
}
