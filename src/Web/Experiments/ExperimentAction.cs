using MudBlazor;
using StableRep.Api.Experiments;
using StableRep.Data.Experiments;

namespace StableRep.Web.Experiments;

/// <summary>Something that a person can do with an experiment in some state.</summary>
/// <param name="Name">The button's word.</param>
/// <param name="Verb">Its word in the API and in the audit log.</param>
/// <param name="Icon">The button's picture.</param>
/// <param name="Run">Does it.</param>
/// <param name="Question">What is asked before, or null to do it at once.</param>
/// <param name="IsMain">Whether it is what one most likely wants.</param>
/// <param name="IsDangerous">Whether it cannot be taken back.</param>
/// <param name="Removes">Whether the experiment is gone afterwards.</param>
public sealed record ExperimentAction(
    string Name, string Verb, string Icon, Func<ExperimentService, Guid, Task> Run, string? Question = null, bool IsMain = false, bool IsDangerous = false, bool Removes = false)
{
    private static readonly ExperimentAction Launch = new("Launch", "launch", Icons.Material.Filled.PlayArrow, (service, id) => service.LaunchAsync(id), IsMain: true);

    private static readonly ExperimentAction Pause = new("Pause", "pause", Icons.Material.Filled.Pause, (service, id) => service.PauseAsync(id), IsMain: true);

    private static readonly ExperimentAction Resume = new("Resume", "resume", Icons.Material.Filled.PlayArrow, (service, id) => service.ResumeAsync(id), IsMain: true);

    private static readonly ExperimentAction Retry = new("Try again", "retry", Icons.Material.Filled.Refresh, (service, id) => service.RetryAsync(id), IsMain: true);

    private static readonly ExperimentAction Cancel = new(
        "Cancel", "cancel", Icons.Material.Filled.Stop, (service, id) => service.CancelAsync(id),
        "Its workers stop within a second or two. What was done is kept, and it can be tried again.", IsDangerous: true);

    private static readonly ExperimentAction Delete = new(
        "Delete", "delete", Icons.Material.Outlined.Delete, (service, id) => service.DeleteAsync(id),
        "Its curves, probes, log and encoder are deleted, and its images unless another experiment uses them. This cannot be taken back.", IsDangerous: true, Removes: true);

    /// <summary>What can be done with many at once; those whose state does not allow it stay as they are.</summary>
    public static IReadOnlyList<ExperimentAction> Bulk { get; } = [Pause, Resume, Retry, Cancel, Delete];

    /// <summary>What can be done in a state.</summary>
    public static IReadOnlyList<ExperimentAction> Of(ExperimentState state) => state switch
    {
        ExperimentState.Draft => [Launch, Delete],
        ExperimentState.Paused => [Resume, Cancel],
        ExperimentState.Failed or ExperimentState.Cancelled => [Retry, Delete],
        ExperimentState.Done => [Delete],
        _ => [Pause, Cancel],
    };
}
