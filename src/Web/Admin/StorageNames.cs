using StableRep.Api.Storage;

namespace StableRep.Web.Admin;

/// <summary>What kinds of storage are called.</summary>
internal static class StorageNames
{
    /// <summary>A kind's name, and what it is.</summary>
    public static (string Title, string About) Of(StorageKind kind) => kind switch
    {
        StorageKind.ImageSets => ("Image sets", "Used by experiments, or judged in reviews."),
        StorageKind.UnusedImageSets => ("Unused image sets", "No experiment uses them and nobody has judged their images. The same settings generate the same images again."),
        StorageKind.Encoders => ("Encoders", "What experiments trained."),
        StorageKind.Previews => ("Playground", "Previews of the last hour."),
        StorageKind.OldPreviews => ("Old previews", "Older than an hour; they go by themselves after a day."),
        StorageKind.OrphanFiles => ("Orphaned files", "Nothing refers to them: attempts that were lost, and leftovers of what was deleted."),
        StorageKind.Runs => ("Running trainings", "Checkpoints of experiments under way or paused, on this node."),
        StorageKind.FinishedRuns => ("Finished trainings", "Checkpoints of trainings that are done or deleted, on this node."),
        StorageKind.StoppedRuns => ("Stopped trainings", "Checkpoints of failed and cancelled experiments, on this node. Without them a retry trains from the start."),
        StorageKind.Generators => ("Generators", "Checkpoints of text-to-image models, on this node."),
        StorageKind.ProbeDatasets => ("Probe datasets", "Labelled images, on this node."),
        StorageKind.Database => ("Database", "Everything but files: captions, curves, events, marks."),
        _ => (kind.ToString(), ""),
    };
}
