namespace StableRep.Engine.Training;

/// <summary>
/// Receives everything that a long run of the engine (generation, training, probing) has to tell. Calls come from the run's own thread,
/// in order, and must return quickly; an exception stops the run.
/// </summary>
public interface IRunObserver
{
    /// <summary>One point of a series. A resumed run may repeat a (series, step): the later value replaces the earlier one.</summary>
    /// <param name="series">The series' name: lower case, parts divided by '/', such as <c>train/loss</c>.</param>
    /// <param name="step">The optimizer step, counted from 1 at the run's beginning and continued by a resume.</param>
    /// <param name="value">The value; never NaN or infinite.</param>
    void Metric(string series, long step, double value)
    {
    }

    /// <summary>How far a stage has come.</summary>
    void Progress(RunProgress progress)
    {
    }

    /// <summary>The mean loss of each caption of one batch, by its index in the caption set.</summary>
    void CaptionLosses(long step, IReadOnlyList<CaptionLoss> losses)
    {
    }

    /// <summary>A picture that shows the run's state, such as a grid of samples, encoded as PNG.</summary>
    void Picture(string name, long step, byte[] png)
    {
    }

    /// <summary>One line for the run's log.</summary>
    void Log(RunLogLevel level, string message)
    {
    }

    /// <summary>
    /// A checkpoint is about to be written, and whoever resumes from it tells nothing again of what came before: returns once everything that
    /// was told is kept. Throws when it cannot be kept; then there is no checkpoint.
    /// </summary>
    void Settle()
    {
    }

    /// <summary>A checkpoint is written: a resumed run goes on after this step.</summary>
    void Saved(long step)
    {
    }
}

/// <summary>An observer that ignores everything.</summary>
public sealed class NullRunObserver : IRunObserver
{
    /// <summary>The one instance.</summary>
    public static NullRunObserver Instance { get; } = new();
}

/// <summary>How far one stage of a run has come.</summary>
/// <param name="Stage">The stage's name, such as <c>generate</c>, <c>train</c> or <c>probe</c>.</param>
/// <param name="Done">Units done, from 0 to <paramref name="Total"/>.</param>
/// <param name="Total">Units in all.</param>
/// <param name="Unit">What is counted, in the plural: images, steps.</param>
/// <param name="Remaining">The estimated time to the stage's end, or null before there is a measurement.</param>
public sealed record RunProgress(string Stage, long Done, long Total, string Unit, TimeSpan? Remaining);

/// <summary>The mean loss over the images of one caption in one batch.</summary>
public readonly record struct CaptionLoss(int CaptionIndex, float Loss);

/// <summary>The severity of a log line.</summary>
public enum RunLogLevel
{
    /// <summary>The normal course of things.</summary>
    Information,

    /// <summary>Something a person should look at; the run goes on.</summary>
    Warning,

    /// <summary>The run cannot go on.</summary>
    Error,
}
