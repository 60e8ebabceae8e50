using StableRep.Api.Experiments;
using StableRep.Data.Probes;

namespace StableRep.Api.Sweeps;

/// <summary>What a sweep found.</summary>
public static class SweepResults
{
    /// <summary>A probe's accuracy by guidance scale, or by what else varies, a line for each combination of the other axes.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="kind">The probe.</param>
    /// <param name="dataset">The probe dataset's name.</param>
    /// <param name="across">The name of the axis across, or null for the first that varies.</param>
    public static AccuracyLines Lines(this SweepDetails sweep, ProbeKind kind, string dataset, string? across = null) => AccuracyLines.Of(
        [
            .. sweep.Cells
                .Select(cell => (cell, probe: cell.Probes.FirstOrDefault(probe => probe.Kind == kind && probe.Dataset == dataset)))
                .Where(pair => pair.probe?.Accuracy is not null)
                .Select(pair => new AccuracyRow(pair.cell.ExperimentId, pair.cell.Coordinates, "", pair.probe!.Accuracy!.Value)),
        ],
        across);
}
