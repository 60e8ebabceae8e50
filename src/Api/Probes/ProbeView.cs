using System.Text.Json;
using StableRep.Data;
using StableRep.Data.Probes;

namespace StableRep.Api.Probes;

/// <summary>A probe as the API shows it.</summary>
/// <param name="Id">The probe's id.</param>
/// <param name="Kind">How the encoder is evaluated.</param>
/// <param name="Dataset">The probe dataset's name.</param>
/// <param name="State">Where the work stands.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Accuracy">Top-1 accuracy on the test split from 0 to 1, once it is done.</param>
/// <param name="FinishedAt">When it was done, or null.</param>
public sealed record ProbeView(Guid Id, ProbeKind Kind, string Dataset, WorkState State, string? Failure, double? Accuracy, DateTimeOffset? FinishedAt)
{
    internal static ProbeView Of(Probe probe) => new(probe.Id, probe.Kind, probe.Dataset, probe.State, probe.Failure, probe.Accuracy, probe.FinishedAt);
}

/// <summary>A probe with its whole result.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Result">The rule that chose the classifier, the per-class table, the confusion matrix; null before it is done.</param>
public sealed record ProbeResultView(ProbeView Probe, JsonElement? Result)
{
    internal static ProbeResultView Of(Probe probe)
    {
        using var result = probe.Result is null ? null : JsonDocument.Parse(probe.Result);
        return new(ProbeView.Of(probe), result?.RootElement.Clone());
    }
}
