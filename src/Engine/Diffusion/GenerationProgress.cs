using StableRep.Engine.Training;

namespace StableRep.Engine.Diffusion;

/// <summary>Tells an observer how many of the images are done.</summary>
internal sealed class GenerationProgress(IRunObserver observer, TimeProvider clock, long total)
{
    private readonly long _start = clock.GetTimestamp();
    private long _done;

    /// <summary>A batch is done.</summary>
    public void Add(int images)
    {
        _done += images;
        Report(0, 0);
    }

    /// <summary>A share of a batch's steps is done.</summary>
    public void Report(int batch, double share)
    {
        var work = _done + (batch * share);
        var remaining = work > 0 ? clock.GetElapsedTime(_start) * ((total - work) / work) : (TimeSpan?)null;
        observer.Progress(new("generate", (long)work, total, "images", remaining));
    }
}
